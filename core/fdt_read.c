// SPDX-License-Identifier: GPL-2.0-only
/*
 * The strict reader of flattened device trees. All of the structure block is read through
 * read_token(), which knows its bounds; names in the strings block are checked by check_name().
 *
 * Verification is two passes. The first reads every token once: bounds, grammar, names, limits. The
 * second looks for duplicate names: a batch of names is held against all their later siblings, then
 * the next batch. So siblings are walked MK_FDT_SIBLINGS_MAX / BATCH_SIZE times at most, and each
 * token is crossed that often for every ancestor, of which there are at most MK_FDT_DEPTH_MAX. The
 * work grows with the size of the tree, not with its square, and needs no memory.
 */
#include "fdt.h"

#define BATCH_SIZE 48	/* keeps a batch on the stack well below 1 KB */

#define refuse(why, format, ...) \
	mk_refuse(why, -EINVAL, "device tree: " format, ##__VA_ARGS__)

struct token {
	u32 tag;
	u32 next;		/* offset of the token that follows; may be behind the block */
	const char *name;	/* BEGIN_NODE: NUL terminated */
	u32 name_offset;	/* PROP: in the strings block, unchecked */
	const u8 *value;	/* PROP */
	u32 size;		/* PROP: bytes in value */
};

static u32 align_token(u32 offset)
{
	return mk_align_up(offset, MK_FDT_TOKEN_SIZE);
}

/* Read the token at an offset that may be anything. Returns what is wrong with it, or NULL. */
static const char *read_token(const struct mk_fdt *fdt, u32 at, struct token *token)
{
	const u8 *p, *end;
	u32 left;

	if (at > fdt->structure_size || fdt->structure_size - at < MK_FDT_TOKEN_SIZE)
		return "it ends without FDT_END";
	token->tag = mk_get_be32(fdt->structure + at);
	token->next = at + MK_FDT_TOKEN_SIZE;
	p = fdt->structure + token->next;
	left = fdt->structure_size - token->next;

	switch (token->tag) {
	case MK_FDT_BEGIN_NODE:
		end = memchr(p, 0, left);
		if (!end)
			return "a node name is not terminated";
		token->name = (const char *)p;
		token->next = align_token(token->next + (end - p) + 1);
		break;
	case MK_FDT_PROP:
		if (left < 8 || mk_get_be32(p) > left - 8)
			return "a property is larger than what is left";
		token->size = mk_get_be32(p);
		token->name_offset = mk_get_be32(p + 4);
		token->value = p + 8;
		token->next = align_token(token->next + 8 + token->size);
		break;
	case MK_FDT_END_NODE:
	case MK_FDT_NOP:
	case MK_FDT_END:
		break;
	default:
		return "an unknown token";
	}
	return NULL;
}

static int damaged(struct mk_reason *why, u32 at, const char *problem)
{
	return refuse(why, "damaged at byte 0x%x of the structure block: %s", at, problem);
}

/* A name must be there, be terminated within @limit bytes, short, and fit to be shown. */
static int check_name(const char *name, size_t limit, u32 at, struct mk_reason *why)
{
	size_t length = 0;

	while (length < limit && name[length]) {
		if (name[length] < ' ' || name[length] > '~')
			return damaged(why, at, "a name that is not printable");
		if (length == MK_FDT_NAME_MAX)
			return refuse(why, "the name \"%.*s...\" is longer than %u characters",
				      MK_FDT_NAME_MAX, name, MK_FDT_NAME_MAX);
		length++;
	}
	if (length == limit)
		return damaged(why, at, "a property name is not terminated");
	if (!length)
		return damaged(why, at, "an empty name");
	return 0;
}

/* Where in the grammar the first pass is. */
struct position {
	u32 at;					/* offset of the token */
	u32 depth;				/* nodes that are open */
	u32 subnodes[MK_FDT_DEPTH_MAX + 1];	/* seen so far, by depth of the parent */
	u32 properties;				/* of the node that began last */
	bool in_properties;			/* the next token may be a property */
};

static int enter_node(struct position *position, const struct token *token, struct mk_reason *why)
{
	u32 *siblings = &position->subnodes[position->depth];
	int err;

	if (!position->depth) {
		if (token->name[0])
			return damaged(why, position->at, "the root has a name");
	} else {
		err = check_name(token->name, SIZE_MAX, position->at, why);
		if (err)
			return err;
	}
	if (position->depth == MK_FDT_DEPTH_MAX)
		return refuse(why, "node \"%s\" is deeper than %u levels", token->name,
			      MK_FDT_DEPTH_MAX);
	if (*siblings == MK_FDT_SIBLINGS_MAX)
		return refuse(why, "node \"%s\" has more than %u siblings", token->name,
			      MK_FDT_SIBLINGS_MAX - 1);
	*siblings += 1;
	position->depth++;
	position->subnodes[position->depth] = 0;
	position->properties = 0;
	position->in_properties = true;
	return 0;
}

static void leave_node(struct position *position)
{
	position->depth--;
	position->in_properties = false;
}

static int pass_property(const struct mk_fdt *fdt, struct position *position,
			 const struct token *token, struct mk_reason *why)
{
	u32 offset = token->name_offset;

	if (!position->in_properties)
		return damaged(why, position->at, "a property after a subnode");
	if (offset >= fdt->strings_size)
		return damaged(why, position->at, "a property name outside the strings block");
	if (position->properties == MK_FDT_SIBLINGS_MAX)
		return refuse(why, "a node has more than %u properties", MK_FDT_SIBLINGS_MAX);
	position->properties++;
	return check_name(fdt->strings + offset, fdt->strings_size - offset, position->at, why);
}

static int check_end(const struct mk_fdt *fdt, const struct position *position,
		     const struct token *token, struct mk_reason *why)
{
	if (position->depth)
		return damaged(why, position->at, "FDT_END inside a node");
	if (token->next != fdt->structure_size)
		return damaged(why, position->at, "something follows FDT_END");
	return 0;
}

static int check_structure(const struct mk_fdt *fdt, struct mk_reason *why)
{
	struct position position = { 0 };
	struct token token;
	const char *problem;
	int err = 0;

	for (;; position.at = token.next) {
		problem = read_token(fdt, position.at, &token);
		if (problem)
			return damaged(why, position.at, problem);
		if (position.at == MK_FDT_ROOT && token.tag != MK_FDT_BEGIN_NODE)
			return damaged(why, position.at, "it does not begin with the root");
		if (position.at != MK_FDT_ROOT && !position.depth && token.tag != MK_FDT_END)
			return damaged(why, position.at, "something follows the root");
		if (token.tag == MK_FDT_BEGIN_NODE)
			err = enter_node(&position, &token, why);
		else if (token.tag == MK_FDT_END_NODE)
			leave_node(&position);
		else if (token.tag == MK_FDT_PROP)
			err = pass_property(fdt, &position, &token, why);
		else if (token.tag == MK_FDT_END)
			return check_end(fdt, &position, &token, why);
		if (err)
			return err;
	}
}

/* The offset behind the node that begins at @node. */
static u32 skip_node(const struct mk_fdt *fdt, u32 node)
{
	struct token token;
	u32 depth = 0;
	u32 at = node;

	do {
		if (read_token(fdt, at, &token))
			return fdt->structure_size;
		if (token.tag == MK_FDT_BEGIN_NODE)
			depth++;
		else if (token.tag == MK_FDT_END_NODE)
			depth--;
		at = token.next;
	} while (depth);
	return at;
}

/* The first token from @at on that is no FDT_NOP; false when it does not have this tag. */
static bool find_token(const struct mk_fdt *fdt, u32 *at, u32 tag, struct token *token)
{
	for (; !read_token(fdt, *at, token); *at = token->next)
		if (token->tag != MK_FDT_NOP)
			return token->tag == tag;
	return false;
}

/* Steps through the names on one level of the tree; NULL when there are no more. */
typedef const char *(*next_name_fn)(const struct mk_fdt *fdt, u32 *at);

static const char *next_property_name(const struct mk_fdt *fdt, u32 *at)
{
	struct token token;

	if (!find_token(fdt, at, MK_FDT_PROP, &token))
		return NULL;
	*at = token.next;
	return fdt->strings + token.name_offset;
}

static const char *next_node_name(const struct mk_fdt *fdt, u32 *at)
{
	struct token token;

	if (!find_token(fdt, at, MK_FDT_BEGIN_NODE, &token))
		return NULL;
	*at = skip_node(fdt, *at);
	return token.name;
}

/* Names to hold against their later siblings. The hash only saves comparisons. */
struct batch {
	u32 count;
	u64 hash[BATCH_SIZE];
	const char *name[BATCH_SIZE];
};

/* FNV-1a (Fowler, Noll, Vo): at 64 bits, a tree full of collisions takes long to make. */
static u64 hash_name(const char *name)
{
	const u64 offset_basis = 0xcbf29ce484222325;
	const u64 prime = 0x100000001b3;
	u64 hash = offset_basis;

	while (*name)
		hash = (hash ^ (u8)*name++) * prime;
	return hash;
}

static bool batch_has(const struct batch *batch, const char *name, u64 hash)
{
	u32 i;

	for (i = 0; i < batch->count; i++)
		if (batch->hash[i] == hash && !strcmp(batch->name[i], name))
			return true;
	return false;
}

/* A name that is there twice on the level that begins at @at, or NULL. */
static const char *find_duplicate(const struct mk_fdt *fdt, u32 at, next_name_fn next_name)
{
	struct batch batch;
	const char *name;
	u64 hash;
	u32 later;

	do {
		batch.count = 0;
		later = at;
		while ((name = next_name(fdt, &later))) {
			hash = hash_name(name);
			if (batch_has(&batch, name, hash))
				return name;
			if (batch.count < BATCH_SIZE) {
				batch.hash[batch.count] = hash;
				batch.name[batch.count++] = name;
				at = later;
			}
		}
	} while (batch.count == BATCH_SIZE);
	return NULL;
}

/* The offset behind the properties of a node, where its subnodes begin. */
static u32 skip_properties(const struct mk_fdt *fdt, u32 at)
{
	struct token token;

	while (find_token(fdt, &at, MK_FDT_PROP, &token))
		at = token.next;
	return at;
}

static int check_unique(const struct mk_fdt *fdt, struct mk_reason *why)
{
	struct token token;
	const char *name;
	u32 at;

	for (at = 0; !read_token(fdt, at, &token); at = token.next) {
		if (token.tag != MK_FDT_BEGIN_NODE)
			continue;
		name = find_duplicate(fdt, token.next, next_property_name);
		if (name)
			return refuse(why, "node \"%s\" has the property \"%s\" twice",
				      token.name, name);
		name = find_duplicate(fdt, skip_properties(fdt, token.next), next_node_name);
		if (name)
			return refuse(why, "node \"%s\" has two subnodes \"%s\"", token.name, name);
	}
	return 0;
}

/* The block ends with an entry of zeros, before the structure block begins. */
static int check_reservations(const u8 *blob, u32 start, u32 end, struct mk_reason *why)
{
	u32 at;

	if (start < MK_FDT_HEADER_SIZE || start > end || start % MK_FDT_RESERVATION_ALIGN)
		return refuse(why, "the memory reservation block at 0x%x is misplaced", start);
	for (at = start; end - at >= MK_FDT_RESERVATION_SIZE; at += MK_FDT_RESERVATION_SIZE)
		if (!mk_get_be64(blob + at) && !mk_get_be64(blob + at + 8))
			return 0;
	return refuse(why, "the memory reservation block at 0x%x is not terminated", start);
}

/* The blocks must lie behind each other in the order that section 5.1 gives. */
static int find_blocks(struct mk_fdt *fdt, const u8 *blob, u32 total, struct mk_reason *why)
{
	u32 reservations = mk_get_be32(blob + MK_FDT_FIELD_RESERVATIONS);
	u32 structure = mk_get_be32(blob + MK_FDT_FIELD_STRUCTURE);
	u32 strings = mk_get_be32(blob + MK_FDT_FIELD_STRINGS);

	fdt->structure = blob + structure;
	fdt->structure_size = mk_get_be32(blob + MK_FDT_FIELD_STRUCTURE_SIZE);
	fdt->strings = (const char *)blob + strings;
	fdt->strings_size = mk_get_be32(blob + MK_FDT_FIELD_STRINGS_SIZE);

	if (strings > total || fdt->strings_size > total - strings)
		return refuse(why, "the strings block at 0x%x, 0x%x bytes, is misplaced",
			      strings, fdt->strings_size);
	if (structure > strings || fdt->structure_size > strings - structure ||
	    structure % MK_FDT_TOKEN_SIZE)
		return refuse(why, "the structure block at 0x%x, 0x%x bytes, is misplaced",
			      structure, fdt->structure_size);
	return check_reservations(blob, reservations, structure, why);
}

int mk_fdt_total_size(const void *start, size_t size, u32 *total)
{
	const u8 *blob = start;

	if (size < MK_FDT_FIELD_TOTAL_SIZE)
		return -EAGAIN;
	if (mk_get_be32(blob + MK_FDT_FIELD_MAGIC) != MK_FDT_MAGIC)
		return -EINVAL;
	if (size < MK_FDT_FIELD_TOTAL_SIZE + 4)
		return -EAGAIN;
	*total = mk_get_be32(blob + MK_FDT_FIELD_TOTAL_SIZE);
	return 0;
}

static int check_header(const u8 *blob, size_t size, u32 *total, struct mk_reason *why)
{
	u32 version, last_comp_version;

	if (mk_fdt_total_size(blob, size, total) == -EINVAL)
		return refuse(why, "not a DTB, it begins with 0x%08x instead of 0x%08x",
			      mk_get_be32(blob), MK_FDT_MAGIC);
	if (size < MK_FDT_HEADER_SIZE)
		return refuse(why, "not a DTB, %zu bytes are too few for its header of %u", size,
			      MK_FDT_HEADER_SIZE);
	if (*total < MK_FDT_HEADER_SIZE || *total > INT_MAX)
		return refuse(why, "the header states an impossible size of %u bytes", *total);
	if (*total > size)
		return refuse(why, "cut off, %zu of %u bytes are there", size, *total);
	version = mk_get_be32(blob + MK_FDT_FIELD_VERSION);
	last_comp_version = mk_get_be32(blob + MK_FDT_FIELD_LAST_COMP_VERSION);
	if (version < MK_FDT_VERSION || last_comp_version > MK_FDT_VERSION)
		return refuse(why, "version %u, compatible with %u, is not compatible with %u",
			      version, last_comp_version, MK_FDT_VERSION);
	return 0;
}

int mk_fdt_open(struct mk_fdt *fdt, const void *blob, size_t size, struct mk_reason *why)
{
	u32 total;
	int err;

	err = check_header(blob, size, &total, why);
	if (err)
		return err;
	err = find_blocks(fdt, blob, total, why);
	if (err)
		return err;
	err = check_structure(fdt, why);
	if (err)
		return err;
	return check_unique(fdt, why);
}

const char *mk_fdt_name(const struct mk_fdt *fdt, int node)
{
	return (const char *)fdt->structure + node + MK_FDT_TOKEN_SIZE;
}

/* The subnode that begins at @at, or behind FDT_NOPs there. */
static int node_at(const struct mk_fdt *fdt, u32 at)
{
	struct token token;

	return find_token(fdt, &at, MK_FDT_BEGIN_NODE, &token) ? (int)at : -ENOENT;
}

int mk_fdt_first_child(const struct mk_fdt *fdt, int node)
{
	struct token token;

	if (read_token(fdt, node, &token))
		return -ENOENT;
	return node_at(fdt, skip_properties(fdt, token.next));
}

int mk_fdt_next_sibling(const struct mk_fdt *fdt, int node)
{
	return node_at(fdt, skip_node(fdt, node));
}

int mk_fdt_child(const struct mk_fdt *fdt, int node, const char *name)
{
	int child;

	mk_fdt_for_each_child(fdt, node, child)
		if (!strcmp(mk_fdt_name(fdt, child), name))
			return child;
	return -ENOENT;
}

void mk_fdt_properties(const struct mk_fdt *fdt, int node, struct mk_fdt_property *property)
{
	struct token token;

	*property = (struct mk_fdt_property){ .next = fdt->structure_size };
	if (!read_token(fdt, node, &token))
		property->next = token.next;
}

bool mk_fdt_next_property(const struct mk_fdt *fdt, struct mk_fdt_property *property)
{
	struct token token;

	if (!find_token(fdt, &property->next, MK_FDT_PROP, &token))
		return false;
	property->name = fdt->strings + token.name_offset;
	property->value = token.value;
	property->size = token.size;
	property->next = token.next;
	return true;
}

bool mk_fdt_property(const struct mk_fdt *fdt, int node, const char *name,
		     struct mk_fdt_property *property)
{
	mk_fdt_properties(fdt, node, property);
	while (mk_fdt_next_property(fdt, property))
		if (!strcmp(property->name, name))
			return true;
	return false;
}
