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

/* The next byte of the names, or a negative errno. */
static int next_byte(struct mk_symbols *symbols)
{
	int err;

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

/* Passes over one name: 1 when it is the one that is wanted, 0 when not, or a negative errno. */
static int next_is(struct mk_symbols *symbols, const char *name)
{
	int length = next_length(symbols), byte;
	size_t wanted = strlen(name) + 1, same = 0;	/* the type's place counts */
	bool differs = false;

	if (length < 0)
		return length;
	for (; length; length--) {
		const char *text;

		byte = next_byte(symbols);
		if (byte < 0)
			return byte;
		for (text = symbols->text + symbols->token[byte]; *text && !differs; text++) {
			differs = same == wanted || (same && *text != name[same - 1]);
			same++;
		}
	}
	return !differs && same == wanted;
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

int mk_symbol_find(struct mk_symbols *symbols, struct mk_log *log, const char *name, u64 *address)
{
	struct tables tables;
	u8 raw[4];
	u32 count, i;
	int err;

	if (!find_tables(log, &tables))
		return -EOPNOTSUPP;
	symbols->log = log;
	symbols->next = tables.names;
	symbols->used = MK_SYMBOL_PIECE;
	err = read_tokens(symbols, &tables);
	if (!err)
		err = mk_log_read(log, tables.count, raw, sizeof(raw));
	if (err)
		return err;
	count = mk_get_le32(raw);
	if (count > SYMBOLS_MAX)
		return -EINVAL;
	for (i = 0; i < count; i++) {
		err = next_is(symbols, name);
		if (err < 0)
			return err;
		if (err)
			return read_address(log, &tables, i, address);
	}
	return -ENOENT;
}
