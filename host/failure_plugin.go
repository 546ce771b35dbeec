package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"github.com/sandpiper-db/sandpiper/host/policy"
)

// nextOfPlugin says what the operator and the vendor of a plugin can do about an
// error of its migration, where again is how to call the run again.
func nextOfPlugin(line, again string, err error) string {
	granted := fmt.Sprintf("%s of sandpiper.toml, run `sandpiper plugin update %s`, and %s", pluginTable(line), line, again)
	var (
		refusal *policy.Refusal
		guest   *GuestError
		failed  *SQLError
		changed *ChangedError
		call    *callError
	)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrLocked), errors.Is(err, ErrLockTimeout), diskFull(err), errors.Is(err, syscall.ENOSPC):
		return next(again, true, err)
	case errors.As(err, &refusal) && refusal.Needs != "":
		return fmt.Sprintf("if the plugin should be allowed it, add %s to %s; else its vendor mends the module", refusal.Missing(), granted)
	case InTheWay(err) != "":
		return fmt.Sprintf("drop or change %s first, and %s; if it is the plugin's own, its vendor mends the module", InTheWay(err), again)
	case errors.As(err, &refusal) && refusal.Claimed != "":
		return fmt.Sprintf("to give the name back to plugin %s, take the longer pattern out of owns in %s of sandpiper.toml, run `sandpiper plugin update %s`, and %s",
			line, pluginTable(refusal.Claimed), refusal.Claimed, again)
	case errors.As(err, &refusal):
		return "no grant would allow it: the plugin's vendor mends the module"
	case errors.As(err, &guest) && guest.Kind == GuestTimedOut:
		return fmt.Sprintf("if the plugin should have more time, raise seconds in %s; else its vendor mends the module", granted)
	case errors.As(err, &guest) && guest.Kind == GuestLimited:
		return fmt.Sprintf("if the plugin should have more, raise the limit (fuel, memory_mib, rows) in %s; else its vendor mends the module", granted)
	case errors.As(err, &guest) && guest.Kind == GuestLost:
		return fmt.Sprintf("%s; if its process is lost again, raise memory_mib in %s of sandpiper.toml, or have its vendor mend the module", again, pluginTable(line))
	case errors.As(err, &changed):
		return fmt.Sprintf("take the module that the first parts were run with, and %s; or ask the plugin's vendor for one that begins as that did", again)
	case errors.As(err, &failed), errors.As(err, &guest), errors.As(err, &call) && !call.rows:
		return "the plugin's vendor mends the module: `sandpiper plugin update` takes a new version"
	default:
		return next(again, true, err)
	}
}

// nextOfEditedPlugin is what to do about a plugin whose module has an applied
// revision in another form.
const nextOfEditedPlugin = "go back to the plugin's version before, and ask its vendor why an applied migration was changed"

// pluginTable is the table of sandpiper.toml that a plugin has
// (https://toml.io/en/v1.0.0#keys).
func pluginTable(line string) string {
	if strings.ContainsAny(line, "./") {
		line = `"` + line + `"`
	}
	return "[plugins." + line + "]"
}
