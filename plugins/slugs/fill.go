package main

import "github.com/sandpiper-db/sandpiper/sdk"

// chunk is how many deployments are held in memory at a time.
const chunk = 1000

// A deployment's id is a uuid on PostgreSQL and text on SQLite. It goes back as
// it came, so it need not be known which.
type deployment struct {
	id   sdk.Value
	name string
}

// fill reads the deployments in the order of their ids, chunk by chunk, and
// writes each chunk's slugs before it reads the next: a table is not changed
// while it is being read.
func fill(tx *sdk.Tx) error {
	total, err := count(tx)
	if err != nil {
		return err
	}
	param := tx.Dialect().Param
	update := "UPDATE deployment SET slug = " + param(1) + " WHERE id = " + param(2)
	taken := slugs{}
	done := int64(0)
	var last *deployment
	for {
		deployments, err := read(tx, last)
		if err != nil {
			return err
		}
		if len(deployments) == 0 {
			break
		}
		_, err = tx.ExecBatch(update, func(yield func([]any) bool) {
			for _, d := range deployments {
				if !yield([]any{taken.take(slugify(d.name)), d.id}) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		last = &deployments[len(deployments)-1]
		done += int64(len(deployments))
		tx.Progress(done, total)
	}
	tx.Log("gave ", done, " deployments a slug")
	return nil
}

func count(tx *sdk.Tx) (n int64, err error) {
	rows := tx.Query("SELECT count(*) FROM deployment")
	for row := range rows.All() {
		n = row.Int64(0)
	}
	return n, rows.Err()
}

// read returns the chunk of deployments that follows last, the first one if it
// is nil.
func read(tx *sdk.Tx, last *deployment) (deployments []deployment, err error) {
	param := tx.Dialect().Param
	query, args := "SELECT id, name FROM deployment", []any{chunk}
	if last != nil {
		query += " WHERE id > " + param(2)
		args = append(args, last.id)
	}
	rows := tx.Query(query+" ORDER BY id LIMIT "+param(1), args...)
	for row := range rows.All() {
		deployments = append(deployments, deployment{row.Value(0), row.Text(1)})
	}
	return deployments, rows.Err()
}
