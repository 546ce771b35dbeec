package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/sandpiper-db/sandpiper/host"
	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

// alterColumn changes a column in one ALTER TABLE. The server makes the actions
// in an order of its own, whatever order they are in: what is dropped, then
// types, then what is set.
//
// https://www.postgresql.org/docs/current/sql-altertable.html
func (a *applier) alterColumn(ctx context.Context, op *schema.AlterColumn) error {
	table, name := quoteIdent(op.Table), quoteIdent(op.Name)
	where := op.Table + "." + op.Name
	d := missingColumn(op.Table)
	alter := "ALTER COLUMN " + name + " "
	var actions []string
	if !op.Type.IsZero() || op.Default != nil || op.DropDefault {
		a.unsyncedColumn(op.Table, op.Name)
	}
	if !op.Type.IsZero() {
		set, err := a.alterType(ctx, op)
		if err != nil {
			return err
		}
		actions = append(actions, set...)
		d = d.with(typeViolations(op))
	}
	switch {
	case op.DropDefault:
		actions = append(actions, alter+"DROP DEFAULT")
	case op.Default != nil:
		actions = append(actions, alter+"SET DEFAULT "+defaultOf(op.Default, op.Type))
	}
	if op.NotNull != nil && *op.NotNull {
		actions = append(actions, alter+"SET NOT NULL")
		d[codeNotNull] = counting("SELECT count(*) FROM "+table+" WHERE "+name+" IS NULL",
			"Rows of "+table+" without "+name, "Fill "+where+" in before.")
	} else if op.NotNull != nil {
		actions = append(actions, alter+"DROP NOT NULL")
	}
	if len(actions) > 0 {
		if err := a.diagnosed(ctx, "ALTER TABLE "+table+" "+strings.Join(actions, ", "), d); err != nil {
			return err
		}
	}
	if op.Comment == nil {
		return nil
	}
	return a.diagnosed(ctx, setColumnComment(op.Table, op.Name, *op.Comment), missingColumn(op.Table))
}

// alterType is the actions that change the type. A default is not converted by
// USING, but cast as if it were assigned, which fails for many types, and leaves
// an enum's in the expression. So one that is a constant is dropped and set
// again, in the words it has; one that is computed is left to the server.
func (a *applier) alterType(ctx context.Context, op *schema.AlterColumn) (actions []string, err error) {
	alter := "ALTER COLUMN " + quoteIdent(op.Name) + " "
	set := alter + "TYPE " + typeName(op.Type)
	if using := op.Using.For(schema.PostgreSQL); using != "" {
		set += " USING " + using
	}
	if op.Default != nil || op.DropDefault {
		return []string{alter + "DROP DEFAULT", set}, nil
	}
	rows, err := a.ask(ctx, `SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
		WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attname = $2 AND a.attgenerated = ''`,
		[]byte(quoteIdent(op.Table)), []byte(op.Name))
	if err != nil || len(rows) == 0 {
		return []string{set}, err
	}
	literal := defaultLiteral(rows[0][0], op.Type)
	if literal == "" {
		return []string{set}, nil
	}
	return []string{alter + "DROP DEFAULT", set, alter + "SET DEFAULT " + literal}, nil
}

// Constants as pg_get_expr writes them while standard_conforming_strings is on.
var (
	castString = regexp.MustCompile(`^('(?:[^']|'')*')::[\w\s."(),\[\]]+$`)
	bareWord   = regexp.MustCompile(`^(?:-?[0-9.]+|\(-[0-9.]+\)|true|false)$`)
)

// defaultLiteral is the constant that a default's expression is, without its
// type; "" if the server converts it, or it is none.
func defaultLiteral(expr string, to schema.Type) string {
	if m := castString.FindStringSubmatch(expr); m != nil {
		return m[1]
	}
	if !bareWord.MatchString(expr) || isNumber(to) && expr != "true" && expr != "false" {
		return ""
	}
	return quoteText(strings.Trim(expr, "()"))
}

// typeViolations is about a change of a column's type.
func typeViolations(op *schema.AlterColumn) diagnosis {
	where, name := op.Table+"."+op.Name, quoteIdent(op.Name)
	to := typeName(op.Type)
	d := unknownEnum(op.Type).with(diagnosis{
		codeTypeMismatch: func(_ context.Context, _ *tx, e *host.SQLError) error {
			if strings.Contains(e.Message, "default for column") {
				e.Hint = fmt.Sprintf("Give the operation on %s a default of the new type, or drop_default.", where)
				return nil
			}
			e.Hint = fmt.Sprintf("Give the operation on %s using, the expression that makes %s of what is there, such as CAST(%s AS %s).", where, to, name, to)
			return nil
		},
		codeInvalidText:       hinting(fmt.Sprintf("Some value of %s, or its default, is no %s: change it before, or give the operation using or a default that can make one of it.", where, to)),
		codeUndefinedFunction: hinting(fmt.Sprintf("What is not in using is in a check or an index that compares %s with a value of the old type: drop it before, and create it again after.", where)),
		codeUnsupported:       hinting(fmt.Sprintf("Drop what uses %s before, and create it again after.", where)),
	})
	if op.Type.Base == schema.BaseString && op.Type.Size > 0 && !op.Type.IsArray && op.Using.IsZero() {
		d[codeTooLong] = counting("SELECT count(*) FROM "+quoteIdent(op.Table)+" WHERE length("+name+"::text) > "+strconv.FormatInt(op.Type.Size, 10),
			"Rows of "+quoteIdent(op.Table)+" with a longer "+name, "Shorten them before, or give the operation using.")
	}
	return d
}
