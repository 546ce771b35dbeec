package sqlite

import (
	"database/sql"
	"fmt"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/sandpiper-db/sandpiper/host"
)

// SQL returns a database/sql handle on a database that Open made, for libraries
// that need one: on the same file, or the same database in memory, which lives
// for as long as the handle is used. What WithFunctions adds is there; what a
// runner sees to (package doc, "A migration") is not. A file that is not there is
// created by the first use.
func SQL(db host.Database) (*sql.DB, error) {
	d, ok := db.(*database)
	if !ok {
		return nil, fmt.Errorf("%s is a %s database that sqlite.Open did not make", db, db.Dialect())
	}
	return driver.Open(d.dataSource(), func(c *sqlite3.Conn) error {
		for _, register := range d.register {
			if err := register(c); err != nil {
				return err
			}
		}
		return nil
	})
}
