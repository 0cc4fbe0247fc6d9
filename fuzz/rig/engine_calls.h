/* SPDX-License-Identifier: ISC */
/* engine_calls.h: what the shells of ref/ call in the engine instead of the kernel, the dialer, the
 * audit and the gate. engine.syms has the renaming. */
#ifndef FUZZ_RIG_ENGINE_CALLS_H
#define FUZZ_RIG_ENGINE_CALLS_H

#include "ref/loop.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

/* engine_program.c: the program goes on whenever refnat waits. */
int program_wait(struct epoll_event *events, int most, int timeout);
uint8_t program_poison(void); /* what unused memory is filled with */

/* engine_kernel.c */
int engine_epoll_create1(int flags);
int engine_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event);
int engine_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout);
ssize_t engine_recvmsg(int fd, struct msghdr *message, int flags);
ssize_t engine_send(int fd, const void *p, size_t n, int flags);
ssize_t engine_writev(int fd, const struct iovec *iov, int count);
ssize_t engine_recvfrom(int fd, void *to, size_t n, int flags, struct sockaddr *from,
                        socklen_t *from_len);
ssize_t engine_recv(int fd, void *to, size_t n, int flags);
int engine_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int engine_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int engine_ioctl(int fd, unsigned long request, int *n);
int engine_shutdown(int fd, int how);
int engine_close(int fd);
int engine_socket(int domain, int type, int protocol);

/* engine_memory.c */
void *engine_calloc(size_t count, size_t size);
void engine_free(void *p);

/* engine_fakes.c */
ssize_t engine_recv_chk(int fd, void *to, size_t n, size_t size, int flags);
ssize_t engine_recvfrom_chk(int fd, void *to, size_t n, size_t size, int flags,
                            struct sockaddr *from, socklen_t *from_len);
ssize_t engine_read_chk(int fd, void *to, size_t n, size_t size);
ssize_t engine_read(int fd, void *to, size_t n);
ssize_t engine_write(int fd, const void *p, size_t n);
int engine_accept4(int fd, void *address, socklen_t *len, int flags);
int engine_unlink(const char *path);
int engine_clock_gettime(clockid_t clock, struct timespec *out);
int engine_getrlimit(int resource, struct rlimit *out);
int engine_setrlimit(int resource, const struct rlimit *limit);
enum dialer_status engine_dialer_dial(struct dialer *dialer, uint8_t proto, uint32_t ip,
                                      uint16_t port, uint16_t guest_port,
                                      struct dialer_sockets *out);
bool engine_dialer_take_order(const struct dialer *dialer, struct order *out);
bool engine_dialer_answer_order(const struct dialer *dialer, enum order_kind kind,
                                const uint64_t numbers[ORDER_NUMBERS]);
const struct policy *engine_policy_share_get(const struct policy_share *share, unsigned slot);
enum gate_receipt engine_gate_wire_receive(int fd, struct gate_message *out,
                                           int fds[GATE_WIRE_FDS_MAX]);
bool engine_gate_wire_send(int fd, const struct gate_message *message, const int *fds,
                           size_t count);
bool engine_audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule);
bool engine_audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason);
bool engine_audit_record(struct audit *audit, const struct record *record);
bool engine_audit_record_violation(struct audit *audit, const struct record *record);
uint64_t engine_audit_waiting(const struct audit *audit);
uint64_t engine_audit_suppressed(const struct audit *audit);
bool engine_audit_flush(struct audit *audit);
bool engine_audit_policy(struct audit *audit, const struct policy *policy);
bool engine_audit_violation(struct audit *audit, const struct tuple *tuple, enum reason reason);
bool engine_audit_terminate(struct audit *audit, enum reason reason);
bool engine_record_is_violation(const struct record *record);
void engine_verdict_frame(const struct policy *policy, const struct flow_table *flows,
                          uint64_t now_ns, uint32_t random, struct rd frame, struct verdict *out);

#endif
