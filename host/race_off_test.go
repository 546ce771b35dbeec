//go:build !race

package host_test

const cutStep = 1
