// A guest in C that computes, for the figures of metering: the same five kinds of
// work as main.go. Build it with
// clang --target=wasm32 -O2 -nostdlib -Wl,--no-entry -o work.wasm work.c
typedef unsigned int u32;
typedef unsigned char u8;

static u8 buffer[1 << 20];
static u32 list[200000];
static char line[64];

__attribute__((noinline)) static u32 fib(u32 n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static u32 loop(void) {
	u32 x = 1;
	for (u32 i = 0; i < 50000000; i++)
		x = x * 1664525 + i;
	return x;
}

static u32 hash(void) {
	for (u32 i = 0; i < sizeof buffer; i++)
		buffer[i] = i * 7;
	u32 h = 2166136261u;
	for (int round = 0; round < 24; round++)
		for (u32 i = 0; i < sizeof buffer; i++)
			h = (h ^ buffer[i]) * 16777619;
	return h;
}

static u32 append(u32 n, const char *s) {
	while (*s)
		line[n++] = *s++;
	return n;
}

static u32 number(u32 n, u32 v) {
	char digits[10];
	int k = 0;
	do
		digits[k++] = '0' + v % 10;
	while (v /= 10);
	while (k)
		line[n++] = digits[--k];
	return n;
}

static u32 text(void) {
	u32 total = 0;
	for (u32 i = 0; i < 300000; i++) {
		u32 n = append(number(append(0, "user "), i), ", Some Where, 12345");
		u32 start = 0;
		for (u32 k = 0; k <= n; k++) {
			if (k < n && line[k] >= 'a' && line[k] <= 'z')
				line[k] -= 32;
			if (k == n || line[k] == ',') {
				total = total * 31 + (k - start) + line[start];
				start = k + 2;
			}
		}
	}
	return total;
}

static void sort(int low, int high) {
	while (low < high) {
		u32 pivot = list[(low + high) / 2];
		int i = low, j = high;
		while (i <= j) {
			while (list[i] < pivot)
				i++;
			while (list[j] > pivot)
				j--;
			if (i <= j) {
				u32 t = list[i];
				list[i++] = list[j];
				list[j--] = t;
			}
		}
		sort(low, j);
		low = i;
	}
}

static u32 sorting(void) {
	u32 x = 12345;
	for (int i = 0; i < 200000; i++)
		list[i] = x = x * 1664525 + 1013904223;
	sort(0, 199999);
	return list[100000];
}

__attribute__((export_name("work"))) u32 work(u32 kind) {
	switch (kind) {
	case 0: return fib(32);
	case 1: return loop();
	case 2: return hash();
	case 3: return text();
	default: return sorting();
	}
}
