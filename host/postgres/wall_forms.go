package postgres

import (
	"strings"
	"sync"
)

// forms are the nodes that a statement may be made of, each with the fields that
// may be there: those with an equals sign have only the values that follow it.
// A node or a field that is not here is refused, so what another version of the
// parser knows besides is, too.
//
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/nodes/parsenodes.h
var forms = sync.OnceValue(func() map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for line := range strings.Lines(formsText) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		fields := map[string][]string{}
		for _, word := range words[1:] {
			name, values, _ := strings.Cut(word, "=")
			fields[name] = strings.Split(values, "|")
		}
		all[words[0]] = fields
	}
	return all
})

const formsText = `
SelectStmt distinctClause targetList fromClause whereClause groupClause groupDistinct havingClause windowClause valuesLists sortClause limitOffset limitCount limitOption=LIMIT_OPTION_DEFAULT|LIMIT_OPTION_COUNT|LIMIT_OPTION_WITH_TIES withClause op=SETOP_NONE|SETOP_UNION|SETOP_INTERSECT|SETOP_EXCEPT all larg rarg
WithClause ctes recursive
CommonTableExpr ctename aliascolnames ctematerialized=CTEMaterializeDefault|CTEMaterializeAlways|CTEMaterializeNever ctequery search_clause
CTESearchClause search_col_list search_breadth_first search_seq_column
RangeVar schemaname relname inh relpersistence alias
RangeSubselect lateral subquery alias
RangeFunction lateral ordinality is_rowsfrom functions alias coldeflist
JoinExpr jointype=JOIN_INNER|JOIN_LEFT|JOIN_FULL|JOIN_RIGHT isNatural larg rarg usingClause join_using_alias quals alias
Alias aliasname colnames
ResTarget name indirection val
ColumnRef fields
A_Star
String sval
List items
Integer ival
Float fval
Boolean boolval
BitString bsval
A_Const ival fval boolval sval bsval isnull
ParamRef number
A_Expr kind=AEXPR_OP|AEXPR_OP_ANY|AEXPR_OP_ALL|AEXPR_DISTINCT|AEXPR_NOT_DISTINCT|AEXPR_NULLIF|AEXPR_IN|AEXPR_LIKE|AEXPR_ILIKE|AEXPR_SIMILAR|AEXPR_BETWEEN|AEXPR_NOT_BETWEEN|AEXPR_BETWEEN_SYM|AEXPR_NOT_BETWEEN_SYM name lexpr rexpr
BoolExpr boolop=AND_EXPR|OR_EXPR|NOT_EXPR args
NullTest arg nulltesttype=IS_NULL|IS_NOT_NULL
BooleanTest arg booltesttype=IS_TRUE|IS_NOT_TRUE|IS_FALSE|IS_NOT_FALSE|IS_UNKNOWN|IS_NOT_UNKNOWN
CaseExpr arg args defresult
CaseWhen expr result
CoalesceExpr args
MinMaxExpr op=IS_GREATEST|IS_LEAST args
RowExpr args row_format=COERCE_EXPLICIT_CALL|COERCE_IMPLICIT_CAST
SubLink subLinkType=EXISTS_SUBLINK|ALL_SUBLINK|ANY_SUBLINK|EXPR_SUBLINK|ARRAY_SUBLINK testexpr operName subselect
A_ArrayExpr elements
A_Indirection arg indirection
A_Indices is_slice lidx uidx
TypeCast arg typeName
TypeName names typmods typemod arrayBounds
CollateClause arg collname
FuncCall funcname args agg_order agg_filter over agg_within_group agg_star agg_distinct func_variadic funcformat=COERCE_EXPLICIT_CALL|COERCE_SQL_SYNTAX
NamedArgExpr arg name argnumber
WindowDef name refname partitionClause orderClause frameOptions startOffset endOffset
SortBy node sortby_dir=SORTBY_DEFAULT|SORTBY_ASC|SORTBY_DESC sortby_nulls=SORTBY_NULLS_DEFAULT|SORTBY_NULLS_FIRST|SORTBY_NULLS_LAST
GroupingSet kind=GROUPING_SET_EMPTY|GROUPING_SET_ROLLUP|GROUPING_SET_CUBE|GROUPING_SET_SETS content
GroupingFunc args
SQLValueFunction op=SVFOP_CURRENT_DATE|SVFOP_CURRENT_TIME|SVFOP_CURRENT_TIME_N|SVFOP_CURRENT_TIMESTAMP|SVFOP_CURRENT_TIMESTAMP_N|SVFOP_LOCALTIME|SVFOP_LOCALTIME_N|SVFOP_LOCALTIMESTAMP|SVFOP_LOCALTIMESTAMP_N typmod
SetToDefault
MultiAssignRef source colno ncolumns
InsertStmt relation cols selectStmt onConflictClause returningList withClause override=OVERRIDING_NOT_SET|OVERRIDING_USER_VALUE|OVERRIDING_SYSTEM_VALUE
OnConflictClause action=ONCONFLICT_NOTHING|ONCONFLICT_UPDATE infer targetList whereClause
InferClause indexElems whereClause conname
IndexElem name expr collation opclass ordering=SORTBY_DEFAULT|SORTBY_ASC|SORTBY_DESC nulls_ordering=SORTBY_NULLS_DEFAULT|SORTBY_NULLS_FIRST|SORTBY_NULLS_LAST
UpdateStmt relation targetList whereClause fromClause returningList withClause
DeleteStmt relation usingClause whereClause returningList withClause
MergeStmt relation sourceRelation joinCondition mergeWhenClauses returningList withClause
MergeWhenClause matchKind=MERGE_WHEN_MATCHED|MERGE_WHEN_NOT_MATCHED_BY_SOURCE|MERGE_WHEN_NOT_MATCHED_BY_TARGET commandType=CMD_UPDATE|CMD_INSERT|CMD_DELETE|CMD_NOTHING override=OVERRIDING_NOT_SET|OVERRIDING_USER_VALUE|OVERRIDING_SYSTEM_VALUE condition targetList values
CreateStmt relation tableElts inhRelations partbound partspec constraints options oncommit=ONCOMMIT_NOOP if_not_exists
ColumnDef colname typeName compression is_local is_not_null storage_name raw_default collClause constraints
Constraint contype=CONSTR_NULL|CONSTR_NOTNULL|CONSTR_DEFAULT|CONSTR_IDENTITY|CONSTR_GENERATED|CONSTR_CHECK|CONSTR_PRIMARY|CONSTR_UNIQUE|CONSTR_EXCLUSION|CONSTR_FOREIGN|CONSTR_ATTR_DEFERRABLE|CONSTR_ATTR_NOT_DEFERRABLE|CONSTR_ATTR_DEFERRED|CONSTR_ATTR_IMMEDIATE conname deferrable initdeferred skip_validation initially_valid is_no_inherit raw_expr generated_when nulls_not_distinct keys including exclusions options indexname access_method where_clause pktable fk_attrs pk_attrs fk_matchtype fk_upd_action fk_del_action fk_del_set_cols
TableLikeClause relation options
PartitionSpec strategy=PARTITION_STRATEGY_LIST|PARTITION_STRATEGY_RANGE|PARTITION_STRATEGY_HASH partParams
PartitionElem name expr collation opclass
PartitionBoundSpec strategy is_default modulus remainder listdatums lowerdatums upperdatums
PartitionCmd name bound
CreateTableAsStmt query into objtype=OBJECT_TABLE if_not_exists
IntoClause rel colNames options onCommit=ONCOMMIT_NOOP skipData
AlterTableStmt relation cmds objtype=OBJECT_TABLE|OBJECT_VIEW|OBJECT_INDEX|OBJECT_SEQUENCE missing_ok
AlterTableCmd subtype=AT_AddColumn|AT_ColumnDefault|AT_DropNotNull|AT_SetNotNull|AT_SetExpression|AT_DropExpression|AT_SetStatistics|AT_SetStorage|AT_SetCompression|AT_DropColumn|AT_AddConstraint|AT_AlterConstraint|AT_ValidateConstraint|AT_DropConstraint|AT_AlterColumnType|AT_SetRelOptions|AT_AddInherit|AT_DropInherit|AT_AttachPartition|AT_DetachPartition|AT_AddIdentity|AT_SetIdentity|AT_DropIdentity name num def behavior=DROP_RESTRICT missing_ok recurse
DropStmt objects removeType=OBJECT_TABLE|OBJECT_VIEW|OBJECT_INDEX|OBJECT_SEQUENCE|OBJECT_TYPE behavior=DROP_RESTRICT missing_ok
TruncateStmt relations restart_seqs behavior=DROP_RESTRICT
IndexStmt idxname relation accessMethod indexParams indexIncludingParams options whereClause unique nulls_not_distinct if_not_exists
RenameStmt renameType=OBJECT_TABLE|OBJECT_VIEW|OBJECT_INDEX|OBJECT_SEQUENCE|OBJECT_COLUMN|OBJECT_TABCONSTRAINT|OBJECT_TYPE relationType=OBJECT_TABLE|OBJECT_VIEW|OBJECT_ACCESS_METHOD relation object subname newname behavior=DROP_RESTRICT missing_ok
ViewStmt view aliases query replace options withCheckOption=NO_CHECK_OPTION|LOCAL_CHECK_OPTION|CASCADED_CHECK_OPTION
CommentStmt objtype=OBJECT_TABLE|OBJECT_VIEW|OBJECT_INDEX|OBJECT_SEQUENCE|OBJECT_COLUMN|OBJECT_TABCONSTRAINT|OBJECT_TYPE object comment
CreateEnumStmt typeName vals
AlterEnumStmt typeName oldVal newVal newValNeighbor newValIsAfter skipIfNewValExists
CreateSeqStmt sequence options if_not_exists
AlterSeqStmt sequence options missing_ok
`

// reasons say in words why some of what is not in forms is refused. What is not
// here is named as the parser does.
var reasons = map[string]string{
	"SelectStmt.lockingClause":     "SELECT FOR UPDATE and the like: a migration has no need to lock rows that it reads",
	"SelectStmt.intoClause":        "SELECT INTO, which CREATE TABLE AS does as well",
	"SortBy.sortby_dir":            "ORDER BY USING: an operator can call any function",
	"RangeVar.catalogname":         "a table of another database",
	"IndexStmt.concurrent":         "CREATE INDEX CONCURRENTLY: a plugin's statements run in its transaction",
	"DropStmt.concurrent":          "DROP INDEX CONCURRENTLY: a plugin's statements run in its transaction",
	"DropStmt.behavior":            "DROP with CASCADE, which takes along what depends on it, whoever owns that",
	"TruncateStmt.behavior":        "TRUNCATE with CASCADE, which takes along what depends on it, whoever owns that",
	"AlterTableCmd.behavior":       "CASCADE, which takes along what depends on it, whoever owns that",
	"CreateStmt.tablespacename":    "TABLESPACE: where tables are is the host's to say",
	"CreateStmt.oncommit":          "ON COMMIT: there are no temporary tables for plugins",
	"CreateStmt.ofTypename":        "CREATE TABLE OF a type",
	"IndexStmt.tableSpace":         "TABLESPACE: where indexes are is the host's to say",
	"CreateTableAsStmt.objtype":    "a materialized view",
	"SQLValueFunction.op":          "who runs the migration, and where: CURRENT_USER and the like",
	"CurrentOfExpr":                "WHERE CURRENT OF a cursor",
	"RangeTableSample":             "TABLESAMPLE",
	"RangeTableFunc":               "XMLTABLE",
	"JsonTable":                    "JSON_TABLE",
	"XmlExpr":                      "XML",
	"XmlSerialize":                 "XML",
	"TypeName.pct_type":            "%TYPE",
	"TypeName.setof":               "SETOF",
	"FuncCall.funcformat":          "a call of that form",
	"CommonTableExpr.cycle_clause": "CYCLE",
	"AlterTableStmt.objtype":       "ALTER of that kind of object",
	"DropStmt.removeType":          "DROP of that kind of object",
	"RenameStmt.renameType":        "RENAME of that kind of object",
	"CommentStmt.objtype":          "COMMENT on that kind of object",
}

// commands are the statements that may be sent, with what people call them.
var commands = map[string]string{
	"SelectStmt": "SELECT", "InsertStmt": "INSERT", "UpdateStmt": "UPDATE", "DeleteStmt": "DELETE", "MergeStmt": "MERGE",
	"CreateStmt": "CREATE TABLE", "CreateTableAsStmt": "CREATE TABLE AS", "ViewStmt": "CREATE VIEW", "IndexStmt": "CREATE INDEX",
	"CreateSeqStmt": "CREATE SEQUENCE", "CreateEnumStmt": "CREATE TYPE", "AlterTableStmt": "ALTER TABLE", "RenameStmt": "ALTER",
	"AlterEnumStmt": "ALTER TYPE", "AlterSeqStmt": "ALTER SEQUENCE", "DropStmt": "DROP", "TruncateStmt": "TRUNCATE",
	"CommentStmt": "COMMENT",
}

// denials say why some statements are refused. Of the others, what the statement
// begins with says enough.
var denials = map[string]string{
	"TransactionStmt": "the host begins and ends transactions",
	"VariableSetStmt": "settings are the host's",
	"DoStmt":          "a block of code can't be judged",
	"CopyStmt":        "send the rows with a bulk load",
	"ExplainStmt":     "it is of no use in a migration",
}
