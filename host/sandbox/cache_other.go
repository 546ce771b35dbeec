//go:build !unix

package sandbox

import "io/fs"

// notPrivate says what is wrong with a folder that others could write to. On
// Windows the user's cache folder lies in the profile, which only the user (and
// administrators) may write to; file modes say nothing there.
func notPrivate(fs.FileInfo) string { return "" }
