// Command slugs is a data migration that needs more than SQL: it gives every article a
// slug made from its title, in the same way on PostgreSQL and on SQLite.
//
// Build it with
//
//	sandpiper build ./plugins/slugs -o 5e1f0c0de0a4_fill_article_slugs.wasm
package main

import (
	"slices"

	"github.com/sandpiper-db/sandpiper/sdk"
)

func main() {}

func init() {
	sdk.Module("slugs", "1.0.0", "main")
	sdk.Register(sdk.Migration{
		Slug:       "fill_article_slugs",
		Created:    "2026-10-04T09:30:00Z",
		PostgreSQL: sdk.Revision{ID: "5e1f0c0de0a4", Revises: []string{"5e1f0c0de0a3"}},
		SQLite:     sdk.Revision{ID: "5e1f0c0de1a4", Revises: []string{"5e1f0c0de1a3"}},
		Upgrade:    fill,
		Downgrade:  empty,
	})
}

// chunk is how many articles are held in memory at a time.
const chunk = 1000

type article struct {
	id    int64
	title string
}

// fill reads the articles in the order of their ids, chunk by chunk, and writes
// each chunk's slugs before it reads the next: a table is not changed while it
// is being read.
func fill(tx *sdk.Tx) error {
	total, err := count(tx)
	if err != nil {
		return err
	}
	param := tx.Dialect().Param
	update := "UPDATE article SET slug = " + param(1) + " WHERE id = " + param(2)
	taken := slugs{}
	done, last := int64(0), int64(0)
	for first := true; ; first = false {
		articles, err := read(tx, first, last)
		if err != nil {
			return err
		}
		if len(articles) == 0 {
			break
		}
		_, err = tx.ExecBatch(update, func(yield func([]any) bool) {
			for _, a := range articles {
				if !yield([]any{taken.take(slugify(a.title)), a.id}) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		last = articles[len(articles)-1].id
		done += int64(len(articles))
		tx.Progress(done, total)
	}
	tx.Log("gave ", done, " articles a slug")
	return nil
}

func count(tx *sdk.Tx) (n int64, err error) {
	rows := tx.Query("SELECT count(*) FROM article")
	for row := range rows.All() {
		n = row.Int64(0)
	}
	return n, rows.Err()
}

// read returns the chunk of articles after the one with the id last.
func read(tx *sdk.Tx, first bool, last int64) (articles []article, err error) {
	param := tx.Dialect().Param
	query, args := "SELECT id, title FROM article", []any{}
	if !first {
		query += " WHERE id > " + param(2)
		args = append(args, last)
	}
	// The limit is the first parameter in either case.
	query += " ORDER BY id LIMIT " + param(1)
	args = slices.Insert(args, 0, any(chunk))
	rows := tx.Query(query, args...)
	for row := range rows.All() {
		a := article{id: row.Int64(0)}
		if !row.IsNull(1) {
			a.title = row.Text(1)
		}
		articles = append(articles, a)
	}
	return articles, rows.Err()
}

func empty(tx *sdk.Tx) error {
	_, err := tx.Exec("UPDATE article SET slug = NULL")
	return err
}
