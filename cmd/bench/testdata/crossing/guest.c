// A guest in C that reads rows of five columns (int64, float64, text, timestamp, text
// that may be NULL), checks every length, and does nothing else with them: the figures
// of crossing. main.go does the same with the SDK. Build it with
// clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o guest.wasm guest.c
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(name) __attribute__((import_module("sandpiper_1.0"), import_name(name)))
IMPORT("query") u32 query(const char *sql, u32 sql_len, const void *params, u32 params_len, u32 *handle);
IMPORT("rows_next") u32 rows_next(u32 handle, void *buf, u32 cap, u32 *needed, u32 *count);
IMPORT("progress") u32 progress(u64 done, u64 total);

enum { OK = 0, END = 1, COLUMNS = 5 };

static u8 buffer[32 << 10];
static u64 sum; // of what was read, so that nothing of it is left out

static u32 get32(const u8 *p) { u32 v; __builtin_memcpy(&v, p, sizeof v); return v; }
static u64 get64(const u8 *p) { u64 v; __builtin_memcpy(&v, p, sizeof v); return v; }

// text reads a text at *at of a row, or returns 0 if it reaches beyond the row.
static int text(const u8 **at, const u8 *end) {
	if (end - *at < 4)
		return 0;
	u32 n = get32(*at);
	*at += 4;
	if (n > (u32)(end - *at))
		return 0;
	sum += n;
	if (n > 0)
		sum += (*at)[n - 1];
	*at += n;
	return 1;
}

// row reads a row and returns where the next one begins, or 0 if it is malformed.
static const u8 *row(const u8 *at, const u8 *limit) {
	if (limit - at < 5)
		return 0;
	u32 size = get32(at);
	at += 4;
	if (size < 1 || size > (u32)(limit - at))
		return 0;
	const u8 *end = at + size;
	u8 nulls = *at++;
	if (nulls >> COLUMNS)
		return 0;
	if (!(nulls & 1)) {
		if (end - at < 8)
			return 0;
		sum += get64(at);
		at += 8;
	}
	if (!(nulls & 2)) {
		if (end - at < 8)
			return 0;
		double f;
		__builtin_memcpy(&f, at, sizeof f);
		sum += (u64)(long long)f;
		at += 8;
	}
	if (!(nulls & 4) && !text(&at, end))
		return 0;
	if (!(nulls & 8)) {
		if (end - at < 8)
			return 0;
		sum += get64(at);
		at += 8;
	}
	if (!(nulls & 16) && !text(&at, end))
		return 0;
	return at == end ? end : 0;
}

__attribute__((export_name("sandpiper_run"))) int run(int step, int direction) {
	static const char sql[] = "rows";
	u32 handle, needed, count, errno;
	u64 rows = 0;
	sum = 0;
	if (query(sql, sizeof sql - 1, 0, 0, &handle) != OK)
		return 1;
	while ((errno = rows_next(handle, buffer, sizeof buffer, &needed, &count)) == OK) {
		const u8 *limit = buffer + needed;
		for (const u8 *at = buffer; at != limit; rows++)
			if (!(at = row(at, limit)))
				return 2;
	}
	if (errno != END)
		return 3;
	return progress(rows, sum & ~(1ull << 63));
}
