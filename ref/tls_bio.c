/* SPDX-License-Identifier: ISC */
/* tls_bio.c: OpenSSL's view of two queues of bytes. */
#include "ref/tls_bio.h"

static int bio_read(BIO *bio, char *out, size_t n, size_t *done)
{
	const struct tls_bio *queues = BIO_get_data(bio);
	struct buf *in = queues->in;

	BIO_clear_retry_flags(bio);
	*done = buf_len(in) < n ? buf_len(in) : n;
	if (!*done) {
		BIO_set_retry_read(bio);
		return 0;
	}
	memcpy(out, buf_bytes(in).p, *done);
	buf_take(in, *done);
	return 1;
}

static int bio_write(BIO *bio, const char *bytes, size_t n, size_t *done)
{
	const struct tls_bio *queues = BIO_get_data(bio);
	struct buf *out = queues->out;

	BIO_clear_retry_flags(bio);
	*done = buf_free(out) < n ? buf_free(out) : n;
	if (!*done) {
		BIO_set_retry_write(bio);
		return 0;
	}
	memcpy(buf_room(out), bytes, *done);
	buf_wrote(out, *done);
	return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

BIO_METHOD *tls_bio_method(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "queues");

	if (method &&
	    (!BIO_meth_set_read_ex(method, bio_read) || !BIO_meth_set_write_ex(method, bio_write) ||
	     !BIO_meth_set_ctrl(method, bio_ctrl) || !BIO_meth_set_create(method, bio_create))) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

BIO *tls_bio_new(const BIO_METHOD *method, struct tls_bio *queues)
{
	BIO *bio = BIO_new(method);

	if (bio)
		BIO_set_data(bio, queues);
	return bio;
}
