/* SPDX-License-Identifier: ISC */
/* policy_merge.c: two JSON trees become one, which shares their values. */
#include "ref/policy_merge.h"

static bool is_key(const struct json_step *step, const char *key)
{
	return step->key && strcmp(step->key, key) == 0;
}

static json_t *get(const json_t *root, const char *first, const char *second)
{
	json_t *value = json_object_get(root, first);

	return second ? json_object_get(value, second) : value;
}

/* The rules of `http`, which is an array of them or an object. */
static json_t *get_rules(const json_t *root)
{
	json_t *http = json_object_get(root, "http");

	return json_is_object(http) ? json_object_get(http, "rules") : http;
}

/* One array behind the other; either may be missing. */
static json_t *join(json_t *first, json_t *second)
{
	json_t *both = json_array();

	if (both && (!first || json_array_extend(both, first) == 0) &&
	    (!second || json_array_extend(both, second) == 0))
		return both;
	json_decref(both);
	return NULL;
}

/* The members of both objects, those of `over` where both have one; objects in objects likewise as
 * deep as `depth` says. */
static json_t *lay_over(json_t *under, json_t *over, int depth)
{
	json_t *result = json_copy(under), *value;
	const char *key;

	if (!result)
		return NULL;
	json_object_foreach(over, key, value)
	{
		json_t *below = json_object_get(under, key);
		json_t *member = depth && json_is_object(value) && json_is_object(below)
		                         ? lay_over(below, value, depth - 1)
		                         : json_incref(value);

		if (json_object_set_new(result, key, member) < 0) {
			json_decref(result);
			return NULL;
		}
	}
	return result;
}

/* domains.block of both; and a default that would open what the organisation's list closes goes. */
static bool join_domains(struct policy_merge *merge)
{
	const json_t *user = merge->user_root, *organisation = merge->organisation_root;
	json_t *domains = get(merge->root, "domains", NULL);
	json_t *ours = get(organisation, "domains", "block"),
	       *theirs = get(user, "domains", "block");

	if (!json_is_object(domains))
		return true;
	if (get(organisation, "domains", "allow") && !get(organisation, "domains", "default"))
		json_object_del(domains, "default");
	merge->blocks = json_array_size(ours);
	if (!json_is_array(ours) || !json_is_array(theirs))
		return true;
	return json_object_set_new(domains, "block", join(ours, theirs)) == 0;
}

/* The rules of both, in the shape of an object where either is one. */
static bool join_http(struct policy_merge *merge)
{
	json_t *ours = json_object_get(merge->organisation_root, "http");
	json_t *theirs = json_object_get(merge->user_root, "http");
	json_t *rules, *http;

	merge->rules = json_array_size(get_rules(merge->organisation_root));
	if (!ours || !theirs)
		return true;
	rules = join(get_rules(merge->organisation_root), get_rules(merge->user_root));
	if (!json_is_object(ours) && !json_is_object(theirs))
		return json_object_set_new(merge->root, "http", rules) == 0;
	http = json_object();
	if (http && json_is_object(theirs))
		json_object_update(http, theirs);
	if (http && json_is_object(ours))
		json_object_update(http, ours);
	if (json_object_set_new(http, "rules", rules) == 0)
		return json_object_set_new(merge->root, "http", http) == 0;
	json_decref(http);
	return false;
}

bool policy_merge(struct policy_merge *merge)
{
	merge->blocks = 0;
	merge->rules = 0;
	if (!merge->organisation_root) {
		merge->root = json_incref(merge->user_root);
		return true;
	}
	merge->root = lay_over(merge->user_root, merge->organisation_root, 1);
	return merge->root && join_domains(merge) && join_http(merge);
}

/* --- where it came from --- */

/* Takes the step into an array that both files fill: back to its place in the file it came from. */
static bool split(struct json_step *step, size_t organisations)
{
	if (step->index < organisations)
		return true;
	step->index -= organisations;
	return false;
}

/* `http` may be an array here and an object there: gives the path the shape of the file's own. */
static void fit_http(const json_t *root, struct schema_place *place)
{
	const bool array = json_is_array(json_object_get(root, "http"));

	if (place->depth < 2 || !is_key(&place->path[0], "http"))
		return;
	if (!array || !is_key(&place->path[1], "rules"))
		return;
	place->depth--;
	memmove(&place->path[1], &place->path[2], (place->depth - 1) * sizeof(place->path[0]));
}

static const json_t *find(const json_t *value, const struct schema_place *place)
{
	for (size_t i = 0; i < place->depth && value; i++)
		value = place->path[i].key ? json_object_get(value, place->path[i].key)
		                           : json_array_get(value, place->path[i].index);
	return value;
}

/* Whether the path leads to an object that was made of the members of both. */
static bool is_joined(const json_t *ours, const json_t *theirs, const struct schema_place *place)
{
	for (size_t i = 0; i < place->depth; i++)
		if (!place->path[i].key)
			return false;
	return json_is_object(ours) && json_is_object(theirs);
}

/* The element of domains.block or of the rules that the path leads into or through; or NULL. */
static struct json_step *find_shared(struct schema_place *place, bool *rules)
{
	struct json_step *path = place->path;

	*rules = place->depth > 0 && is_key(&path[0], "http");
	if (*rules && place->depth > 1 && !path[1].key)
		return &path[1];
	if (place->depth < 3 || path[2].key)
		return NULL;
	if (*rules && is_key(&path[1], "rules"))
		return &path[2];
	return is_key(&path[0], "domains") && is_key(&path[1], "block") ? &path[2] : NULL;
}

bool policy_merge_locate(const struct policy_merge *merge, struct schema_place *place)
{
	struct schema_place there;
	struct json_step *shared;
	const json_t *ours;
	bool rules, organisation;

	if (!merge->organisation_root)
		return false;
	shared = find_shared(place, &rules);
	if (shared)
		organisation = split(shared, rules ? merge->rules : merge->blocks);
	there = *place;
	fit_http(merge->organisation_root, &there);
	ours = find(merge->organisation_root, &there);
	if (!shared)
		organisation = ours && !is_joined(ours, find(merge->user_root, place), place);
	if (organisation)
		*place = there;
	else
		fit_http(merge->user_root, place);
	place->name = organisation ? merge->organisation->name : merge->user->name;
	place->text = organisation ? merge->organisation->text : merge->user->text;
	return organisation;
}
