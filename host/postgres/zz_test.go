package postgres_test
import ("testing";"os";"context";"fmt";"time"
"github.com/sandpiper-db/sandpiper/host"
"github.com/sandpiper-db/sandpiper/host/chain"
"github.com/sandpiper-db/sandpiper/host/postgres/postgrestest")
func TestZZ(t *testing.T) {
 s,err:=postgrestest.Start(postgrestest.Options{Settings: map[string]string{"log_min_duration_statement":"0"}})
 if err!=nil {t.Fatal(err)}
 defer s.Stop()
 ctx:=context.Background()
 conn,_:=open(t,s.URL()).Connect(ctx)
 conn.CreateLedger(ctx)
 var heads []string
 for i:=range 1000 {
 		id := fmt.Sprintf("%012x", i)
		tx, err := conn.Begin(ctx, host.Fence{Line: chain.DefaultLine, Heads: heads, Revision: id})
		sql:="INSERT INTO t VALUES (1)"
		if i==0 {sql="CREATE TABLE t (a int)"}
			err = tx.Defer(ctx, host.Statement{SQL: sql, Ordinal: 1})
			err = tx.Record(ctx, host.Entry{Key: chain.Key{Line: chain.DefaultLine, ID: id}, Action: host.ActionUpgrade, Started: time.Now()}, []string{id})
			err = tx.Commit(ctx)
		if err != nil { t.Fatal(err) }
		heads = []string{id}
 }
 rollbackT(t, conn)
 conn.Close()
 l,_:=s.Log()
 os.WriteFile("/tmp/pglog.txt",[]byte(l),0644)
}

func rollbackT(t *testing.T, conn host.Conn) {
 tx,_:=conn.Begin(context.Background(),host.Fence{})
 for _,q:=range []string{"SELECT pg_relation_size('sandpiper_heads'), pg_relation_size('sandpiper_heads_pkey'), pg_relation_size('sandpiper_history')::text", "EXPLAIN (ANALYZE, BUFFERS) EXECUTE sandpiper_fence('main','{0000000003e7}','0000000003e9','upgrade','0')","EXPLAIN (ANALYZE, BUFFERS) EXECUTE sandpiper_record('main','0000000003e9','{0000000003e9}','upgrade','','','','','now','1','1','x')"} {
 rows,err:=tx.Query(context.Background(),host.Statement{SQL:q})
 if err!=nil {t.Error(err);return}
 for { r,err:=rows.Next(); if err!=nil {fmt.Println(err);break}; for _,v:=range r {fmt.Print(string(v.Bytes),v.Int," ")}; fmt.Println() }
 rows.Close()
 }
 tx.Rollback()
}
