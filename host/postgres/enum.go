package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// createEnum is the statement for an enum of a name that is quoted already.
func createEnum(name string, values []string) string {
	return "CREATE TYPE " + name + " AS ENUM (" + quotedList(values) + ")"
}

func dropEnum(op *schema.DropEnum) string {
	return "DROP TYPE " + ifExists(op.IfExists) + quoteIdent(op.Name)
}

// unknownEnum is for columns of these types.
func unknownEnum(types ...schema.Type) diagnosis {
	return diagnosis{codeUndefinedObject: func(_ context.Context, _ *tx, e *host.SQLError) error {
		for _, t := range types {
			if t.Base == schema.BaseEnum && strings.Contains(e.Message, t.Enum) {
				e.Hint = fmt.Sprintf("Create the enum %q before (create_enum).", t.Enum)
			}
		}
		return nil
	}}
}

func quotedList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quoteText(v)
	}
	return strings.Join(quoted, ", ")
}
