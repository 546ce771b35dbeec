//go:build ignore

// This program writes schema.txt, the form of the parser's trees, from the Go
// types that protoc has made of libpg_query's pg_query.proto. They are read and
// not imported: their package brings the server's C sources along.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

const source = "github.com/pganalyze/pg_query_go/v6"

func main() {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}} {{.Version}}", source).Output()
	if err != nil {
		log.Fatal(err)
	}
	dir, version, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "pg_query.pb.go"), nil, 0)
	if err != nil {
		log.Fatal(err)
	}
	s := read(file)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# The form of the trees of %s %s, written by generate.go.\n", source, version)
	s.write(&b)
	if err := os.WriteFile("schema.txt", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

type schema struct {
	structs map[string]*ast.StructType
	enums   map[string][]string // "number name"
	choices map[string][]string // of a oneof's interface: its wrappers
	order   []string            // of structs
}

func read(file *ast.File) *schema {
	s := &schema{map[string]*ast.StructType{}, map[string][]string{}, map[string][]string{}, nil}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			// func (*A_Const_Ival) isA_Const_Val() {}
			if d.Recv != nil && strings.HasPrefix(d.Name.Name, "is") {
				if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
					s.choices[d.Name.Name] = append(s.choices[d.Name.Name], star.X.(*ast.Ident).Name)
				}
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				s.spec(spec)
			}
		}
	}
	return s
}

func (s *schema) spec(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if st, ok := spec.Type.(*ast.StructType); ok {
			s.structs[spec.Name.Name] = st
			s.order = append(s.order, spec.Name.Name)
		}
	case *ast.ValueSpec:
		// ObjectType_OBJECT_TABLE ObjectType = 42
		of, ok := spec.Type.(*ast.Ident)
		if value, isLit := literal(spec); ok && isLit {
			name := strings.TrimPrefix(spec.Names[0].Name, of.Name+"_")
			s.enums[of.Name] = append(s.enums[of.Name], value+" "+name)
		}
	}
}

func literal(spec *ast.ValueSpec) (string, bool) {
	if len(spec.Values) != 1 {
		return "", false
	}
	lit, ok := spec.Values[0].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	return lit.Value, lit.Kind == token.INT
}

// write writes what the root of a tree leads to.
func (s *schema) write(b *bytes.Buffer) {
	seen := map[string]bool{"ParseResult": true}
	for queue := []string{"ParseResult"}; len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		if values, ok := s.enums[name]; ok {
			fmt.Fprintf(b, "enum %s\n%s\n", name, strings.Join(values, "\n"))
			continue
		}
		fmt.Fprintf(b, "node %s\n", name)
		for _, f := range s.fields(s.structs[name]) {
			fmt.Fprintln(b, f)
			kind := strings.TrimPrefix(f[strings.LastIndex(f, " ")+1:], "*")
			_, isNode := s.structs[kind]
			_, isEnum := s.enums[kind]
			if (isNode || isEnum) && !seen[kind] {
				seen[kind] = true
				queue = append(queue, kind)
			}
		}
	}
}

// fields returns "number name type" of each field, with a star before the type
// of a list.
func (s *schema) fields(st *ast.StructType) []string {
	var list []string
	for _, f := range st.Fields.List {
		if id, ok := f.Type.(*ast.Ident); ok && f.Tag != nil && strings.Contains(f.Tag.Value, "protobuf_oneof") {
			for _, wrapper := range s.choices[id.Name] {
				list = append(list, s.fields(s.structs[wrapper])...)
			}
			continue
		}
		if f.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		parts := strings.Split(reflect.StructTag(tag).Get("protobuf"), ",")
		if len(parts) < 4 {
			continue
		}
		name := ""
		for _, p := range parts {
			if v, ok := strings.CutPrefix(p, "json="); ok {
				name = v
			} else if v, ok := strings.CutPrefix(p, "name="); ok && name == "" {
				name = v
			}
		}
		if kind := typeName(f.Type); kind != "" {
			list = append(list, parts[1]+" "+name+" "+kind)
		}
	}
	slices.SortStableFunc(list, func(a, b string) int { return number(a) - number(b) })
	return list
}

func number(field string) int {
	n, _ := strconv.Atoi(field[:strings.Index(field, " ")])
	return n
}

// typeName returns "" for lists of numbers, which no parsed statement has.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.ArrayType:
		if inner, ok := t.Elt.(*ast.StarExpr); ok {
			return "*" + typeName(inner)
		}
	case *ast.Ident:
		return t.Name
	}
	return ""
}
