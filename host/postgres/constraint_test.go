package postgres_test

import (
	"testing"

	"github.com/sandpiper-db/sandpiper/sdk/schema"
)

func add(k schema.Constraint) *schema.AddConstraint {
	return &schema.AddConstraint{Table: "t", Constraint: k}
}

func TestConstraints(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE p (x int, y int, PRIMARY KEY (x, y))", "CREATE TABLE t (a int, b int, r int4range)")
	w.apply(
		add(schema.Constraint{PrimaryKey: []string{"a"}, Deferrable: true}),
		add(schema.Constraint{Name: "U q", Unique: []string{"b"}, NullsNotDistinct: true}),
		add(schema.Constraint{ForeignKey: []string{"a", "b"}, References: "p", OnDelete: schema.Restrict, OnUpdate: schema.NoAction, NotValid: true}),
		add(schema.Constraint{Name: "far", ForeignKey: []string{"b", "a"}, References: "p", To: []string{"y", "x"}, OnDelete: schema.SetDefault}),
		add(schema.Constraint{Name: "ck", Check: schema.Expr("a > b"), NotValid: true}),
		add(schema.Constraint{Name: "ex", Exclude: []schema.Exclusion{{Column: "r", With: "&&"}, {Expr: schema.Expr("int4range(a, a + 1)"), With: "&&"}}, Where: schema.Expr("b > 0")}),
	)
	w.want(constraintsOf("t"), `U q: UNIQUE NULLS NOT DISTINCT (b)
ck: CHECK ((a > b)) NOT VALID
ex: EXCLUDE USING gist (r WITH &&, int4range(a, (a + 1)) WITH &&) WHERE ((b > 0))
far: FOREIGN KEY (b, a) REFERENCES p(y, x) ON DELETE SET DEFAULT
fk_t__a_b__p: FOREIGN KEY (a, b) REFERENCES p(x, y) ON DELETE RESTRICT NOT VALID
pk_t: PRIMARY KEY (a) DEFERRABLE`)
	w.apply(&schema.ValidateConstraint{Table: "t", Name: "ck"}, &schema.ValidateConstraint{Table: "t", Name: "fk_t__a_b__p"},
		&schema.DropConstraint{Table: "t", Name: "far"}, &schema.DropConstraint{Table: "t", Name: "ex"}, &schema.DropConstraint{Table: "t", Name: "U q"},
		&schema.DropConstraint{Table: "t", Was: &schema.Constraint{PrimaryKey: []string{"a"}}},
		&schema.DropConstraint{Table: "t", Name: "nope", IfExists: true})
	w.want(constraintsOf("t"), `ck: CHECK ((a > b))
fk_t__a_b__p: FOREIGN KEY (a, b) REFERENCES p(x, y) ON DELETE RESTRICT`)
	w.refused(w.try(&schema.DropConstraint{Table: "t", Name: "nope"}), 1, "42704", `"nope"`, `"t"`)
	w.refused(w.try(&schema.DropConstraint{Table: "p", Name: "p_pkey"}), 1, "2BP01", "fk_t__a_b__p", "Drop these before")
	if err := w.try(&schema.DropConstraint{Table: "t", Was: &schema.Constraint{Check: schema.Expr("a > b")}}); err == nil {
		t.Error("a check without a name was dropped")
	}
}

func TestRowsInTheWayOfConstraints(t *testing.T) {
	w := newWorkshop(t, "CREATE TABLE p (x int PRIMARY KEY)", "INSERT INTO p VALUES (1)",
		`CREATE TABLE t (a int, b int, "50%" text, r int4range)`,
		`INSERT INTO t VALUES (1, 1, 'x', '[1,3)'), (1, 2, 'x', '[2,4)'), (2, NULL, 'y', '[9,10)'), (3, NULL, NULL, NULL), (3, 2, NULL, NULL)`)
	w.refused(w.try(add(schema.Constraint{PrimaryKey: []string{"a"}})), 1, "23505", "(a)=(1)", `Rows of "t" that share "a" with another one: 4.`)
	w.refused(w.try(add(schema.Constraint{PrimaryKey: []string{"a", "b"}})), 1, "23502", `Rows of "t" without "a", "b": 2.`)
	w.refused(w.try(add(schema.Constraint{Unique: []string{"50%"}})), 1, "23505", `Rows of "t" that share "50%" with another one: 2.`)
	w.refused(w.try(add(schema.Constraint{Unique: []string{"50%"}, NullsNotDistinct: true})), 1, "23505", `another one: 4.`)
	w.refused(w.try(add(schema.Constraint{ForeignKey: []string{"a"}, References: "p"})), 1, "23503", `Rows of "t" that refer to no row of "p": 3.`, "not_valid")
	w.refused(w.try(add(schema.Constraint{ForeignKey: []string{"b"}, References: "p", To: []string{"x"}})), 1, "23503", `no row of "p": 2.`)
	w.refused(w.try(add(schema.Constraint{Name: "ck", Check: schema.Expr("b < 2")})), 1, "23514", `Rows of "t" for which it is false: 2.`, `"ck"`)
	w.refused(w.try(add(schema.Constraint{Name: "ex", Exclude: []schema.Exclusion{{Column: "r", With: "&&"}}, Where: schema.Expr("a < 5")})), 1,
		"23P01", `Rows of "t" that conflict with another one: 2.`)

	w.apply(add(schema.Constraint{Name: "ck", Check: schema.Expr("b < 2"), NotValid: true}),
		add(schema.Constraint{Name: "fk", ForeignKey: []string{"a"}, References: "p", NotValid: true}))
	w.refused(w.try(&schema.ValidateConstraint{Table: "t", Name: "ck"}), 1, "23514", `for which it is false: 2.`)
	w.refused(w.try(&schema.ValidateConstraint{Table: "t", Name: "fk"}), 1, "23503", `refer to no row of "p": 3.`)
	w.refused(w.try(&schema.ValidateConstraint{Table: "t", Name: "nope"}), 1, "42704", `"nope"`)

	w.refused(w.try(add(schema.Constraint{Unique: []string{"nope"}})), 1, "42703", `"nope"`, `The columns of "t" are "a", "b", "50%", "r".`)
	w.refused(w.try(add(schema.Constraint{ForeignKey: []string{"a"}, References: "p", To: []string{"nope"}})), 1, "42703", `"nope"`, `The columns of "p" are "x".`)
	w.refused(w.try(add(schema.Constraint{ForeignKey: []string{"a"}, References: "nope"})), 1, "42P01", `"nope"`)
}
