// Package json reads and writes JSON in a migration: a small tree, and no
// reflection, for encoding/json would make every module half again as large.
//
//	v, err := json.Parse(row.Bytes(1))
//	if err != nil {
//		return err
//	}
//	for _, step := range v.Get("steps").Items() {
//		step.Set("kind", json.String("task"))
//	}
//	update.Add(sdk.JSON(v.Text()), id)
//
// Nothing is lost between reading and writing: a number is kept as its text,
// however many digits it has, and the members of an object keep their order. What
// has no one meaning is refused: an object with two members of the same name
// (unless [Options] say which counts), an escape of half a surrogate pair, bytes
// that are not UTF-8.
//
// A value that is to be hashed or compared is written in one of the two forms in
// which the order of members does not matter: [Value.AppendSorted], or
// [Value.AppendPython], which gives the bytes of Python's
// json.dumps(value, sort_keys=True).
package json
