//go:build !race

package diff_test

const walks = 8
