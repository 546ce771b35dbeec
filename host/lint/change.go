package lint

// A change is one thing that a statement or an operation does, as far as the rules
// care. Names are as the database keeps them; see fold.
type change struct {
	effect
	at int // byte of the statement that it begins at
}

// An effect is what is done. It says on which table, "" if it is not on one.
type effect interface{ on() string }

// A table is embedded in the effects on one.
type table string

func (t table) on() string { return string(t) }

// The effects on tables and their columns.
type (
	createTable struct {
		table
		columns     []column
		constraints []constraint
		ifNotExists bool
		partitioned bool
	}
	dropTable struct {
		table
		cascade bool
	}
	renameTable struct {
		table
		to string
	}
	addColumn struct {
		table
		column column
	}
	dropColumn struct {
		table
		name    string
		cascade bool
		plain   bool // by SQLite's ALTER TABLE
	}
	renameColumn struct {
		table
		name, to string
	}
	setType struct {
		table
		name    string
		was     kind // if the migration says so
		to      kind
		using   bool
		collate bool
	}
	setNotNull struct {
		table
		name string
	}
	addConstraint struct {
		table
		constraint constraint
	}
	dropConstraint struct {
		table
		name string
	}
	validateConstraint struct {
		table
		name string
	}
	createIndex struct {
		table
		name         string
		columns      []string // the names it begins with; an expression ends them
		partial      bool
		concurrently bool
		only         bool // not of the partitions
	}
	dropIndex struct {
		table        // "" where the statement does not say
		name         string
		concurrently bool
	}
	reindex struct {
		table
		what         string
		concurrently bool
	}
	rewrite struct {
		table
		how string
	}
	truncate  struct{ table }
	lockTable struct{ table }
	writeRows struct {
		table
		verb string
	}
	refreshView struct {
		table
		concurrently bool
	}
	createDomain struct {
		table
		constrained bool
	}
	alterDomain struct {
		table
		notValid bool
	}
	// createObject and those that follow are about what is no table, but has a name
	// among those of tables; what says what it is, with the name.
	createObject struct{ table }
	dropObject   struct {
		table
		what string
		rows bool // are gone with it
	}
	renameObject struct {
		table
		what, to string
	}
	attachPartition struct {
		table
		partition string
	}
	// refused is what the database does not do.
	refused struct {
		table
		why string
	}
	dropNotNull struct {
		table
		name string
	}
	// otherLock is a change of a table that locks it, and is quick.
	otherLock struct{ table }
	// rebuild is a change for which SQLite's table is rebuilt.
	rebuild struct {
		table
		why string
	}
)

// The effects on no table.
type (
	addEnumValue struct {
		table
		enum, value string
	}
	renameEnumValue struct {
		table
		enum, value string
	}
	setSetting struct {
		table
		name string // "" for all
		back bool   // to what it was
	}
	dropCascade struct {
		table
		what string
	}
	pragma struct {
		table
		name string
	}
	runsOutside struct {
		table
		what string
	}
)

// A column is what is known of a column that is added.
type column struct {
	name       string
	kind       kind
	notNull    bool
	hasDefault bool   // other than NULL
	volatile   string // what in the default is not the same for all rows
	rewrites   string // what about it has all rows written
	references *constraint
	key        *constraint // primary or unique
	check      bool
	refused    string // what about it SQLite's ALTER TABLE refuses
	at         int
}

// A kind is a column's type: its name, what is in parentheses behind it.
type kind struct {
	name  string
	mods  []int
	array bool
}

// A constraint is what is known of a constraint.
type constraint struct {
	kind       constraintKind
	name       string
	columns    []string // of a key or a foreign key
	parent     string   // of a foreign key
	notValid   bool
	usingIndex string   // of a key: the index that it takes over
	proves     []string // of a check: columns that it says are not NULL
	at         int
}

type constraintKind string

const (
	primaryKey constraintKind = "primary key"
	unique     constraintKind = "unique constraint"
	exclusion  constraintKind = "exclusion constraint"
	foreignKey constraintKind = "foreign key"
	check      constraintKind = "check"
)

// builds reports whether the constraint has an index.
func (k constraintKind) builds() bool { return k == primaryKey || k == unique || k == exclusion }

// A reading is what one statement or operation does.
type reading struct {
	changes []change
	uses    []use
}

func (r *reading) add(at int, e effect) { r.changes = append(r.changes, change{e, at}) }
