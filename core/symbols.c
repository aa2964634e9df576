// SPDX-License-Identifier: GPL-2.0-only
/*
 * The names lie one after another, each a length and that many bytes; every byte stands for a
 * token, a few characters that are frequent. The first character of a name is its type. Addresses
 * lie in a table of their own, in the same order.
 */
#include "symbols.h"

#define SYMBOLS_MAX (1U << 22)	/* kernels have two hundred thousand */
#define LONG_NAME 0x80		/* in a name's first length byte: a second one follows, with the higher bits */
#define LONG_NAME_SHIFT 7
#define OFFSET_BYTES 4

struct tables {
	u64 names, count, tokens, token_index, offsets, base;
	bool has_base;
};

static bool find_tables(const struct mk_log *log, struct tables *tables)
{
	tables->has_base = mk_log_note_address(log, "SYMBOL(kallsyms_relative_base)", &tables->base);
	return mk_log_note_address(log, "SYMBOL(kallsyms_names)", &tables->names) &&
	       mk_log_note_address(log, "SYMBOL(kallsyms_num_syms)", &tables->count) &&
	       mk_log_note_address(log, "SYMBOL(kallsyms_token_table)", &tables->tokens) &&
	       mk_log_note_address(log, "SYMBOL(kallsyms_token_index)", &tables->token_index) &&
	       mk_log_note_address(log, "SYMBOL(kallsyms_offsets)", &tables->offsets);
}

/* The tokens' end is not told: the last one begins where the index says, and is short. */
static int read_tokens(struct mk_symbols *symbols, const struct tables *tables)
{
	const u32 size = MK_SYMBOL_TOKEN_BYTES - 1;
	u8 raw[2];
	u32 i;
	int err;

	for (i = 0; i < MK_SYMBOL_TOKENS; i++) {
		err = mk_log_read(symbols->log, tables->token_index + i * sizeof(raw), raw,
				  sizeof(raw));
		if (err)
			return err;
		symbols->token[i] = mk_get_le16(raw);
		if (symbols->token[i] >= size)
			return -EINVAL;
	}
	symbols->text[size] = '\0';
	return mk_log_read(symbols->log, tables->tokens, symbols->text, size);
}

/* Whatever is done for one byte is bounded by a small number of these. */
static bool may_work(struct mk_symbols *symbols)
{
	return symbols->work && symbols->work--;
}

/* The next byte of the names, or a negative errno. */
static int next_byte(struct mk_symbols *symbols)
{
	int err;

	if (!may_work(symbols))
		return -E2BIG;
	if (symbols->used == MK_SYMBOL_PIECE) {
		err = mk_log_read(symbols->log, symbols->next, symbols->piece, MK_SYMBOL_PIECE);
		if (err)
			return err;
		symbols->next += MK_SYMBOL_PIECE;
		symbols->used = 0;
	}
	return symbols->piece[symbols->used++];
}

static int next_length(struct mk_symbols *symbols)
{
	int low = next_byte(symbols), high;

	if (low < 0 || !(low & LONG_NAME))
		return low;
	high = next_byte(symbols);
	return high < 0 ? high : (low & ~LONG_NAME) | high << LONG_NAME_SHIFT;
}

/* Writes out one token behind @used characters of the name; returns what is used then. */
static int add_token(struct mk_symbols *symbols, u32 used, u8 code)
{
	const char *text = symbols->text + symbols->token[code];

	for (; *text && used < MK_SYMBOL_NAME_MAX; text++) {
		if (!may_work(symbols))
			return -E2BIG;
		symbols->name[used++] = *text;
	}
	return used;
}

/* Reads the next name; one that is too long becomes empty. Returns 0 or a negative errno. */
static int next_name(struct mk_symbols *symbols)
{
	int length = next_length(symbols), used = 0, byte;

	if (length < 0)
		return length;
	for (; length; length--) {
		byte = next_byte(symbols);
		if (byte < 0)
			return byte;
		used = add_token(symbols, used, byte);
		if (used < 0)
			return used;
	}
	symbols->name[used < MK_SYMBOL_NAME_MAX ? used : 0] = '\0';
	return 0;
}

/* The one of @wanted that has the present name, without its type, and is not found yet; or NULL. */
static struct mk_symbol *match(const struct mk_symbols *symbols, struct mk_symbol *wanted,
			       size_t count)
{
	size_t i;

	for (i = 0; symbols->name[0] && i < count; i++)
		if (!wanted[i].address && !strcmp(symbols->name + 1, wanted[i].name))
			return &wanted[i];
	return NULL;
}

/*
 * Where there is a base, offsets are counted down from it for all but per-CPU variables; newer
 * kernels have none, and an offset is the distance from its own place.
 */
static int read_address(struct mk_log *log, const struct tables *tables, u32 index, u64 *address)
{
	u64 place = tables->offsets + (u64)index * OFFSET_BYTES, base;
	u8 raw[8];
	u64 offset;
	int err;

	err = mk_log_read(log, place, raw, OFFSET_BYTES);
	if (err)
		return err;
	offset = (u64)(s64)(int)mk_get_le32(raw);
	if (!tables->has_base) {
		*address = place + offset;
		return 0;
	}
	err = mk_log_read(log, tables->base, raw, sizeof(raw));
	if (err)
		return err;
	base = mk_get_le64(raw);
	*address = (s64)offset < 0 ? base - 1 - offset : base + offset;
	return 0;
}

/* Reads what is needed before the names; returns their number or a negative errno. */
static s64 begin(struct mk_symbols *symbols, struct mk_log *log, struct tables *tables)
{
	u8 raw[4];
	u32 count;
	int err;

	if (!find_tables(log, tables))
		return -EOPNOTSUPP;
	symbols->log = log;
	symbols->next = tables->names;
	symbols->used = MK_SYMBOL_PIECE;
	symbols->work = MK_SYMBOL_WORK_MAX;
	err = read_tokens(symbols, tables);
	if (!err)
		err = mk_log_read(log, tables->count, raw, sizeof(raw));
	if (err)
		return err;
	count = mk_get_le32(raw);
	return count > SYMBOLS_MAX ? -EINVAL : (s64)count;
}

int mk_symbols_find(struct mk_symbols *symbols, struct mk_log *log, struct mk_symbol *wanted,
		    size_t count)
{
	struct tables tables;
	size_t i, missing = count;
	s64 total, index;
	int err;

	for (i = 0; i < count; i++)
		wanted[i].address = 0;
	total = begin(symbols, log, &tables);
	for (index = 0; index < total && missing; index++) {
		struct mk_symbol *found;

		err = next_name(symbols);
		if (err)
			return err;
		found = match(symbols, wanted, count);
		if (!found)
			continue;
		err = read_address(log, &tables, index, &found->address);
		if (err)
			return err;
		missing--;
	}
	return total < 0 ? total : 0;
}
