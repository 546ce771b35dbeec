-- upgrade
CREATE TABLE "artifact_latest" (
  "artifact_key" varchar(120) NOT NULL PRIMARY KEY,
  "artifact_id" uuid NOT NULL,
  "updated" timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
  CONSTRAINT "fk_artifact_latest__artifact_id__artifact" FOREIGN KEY ("artifact_id") REFERENCES "artifact" ON DELETE CASCADE
);
INSERT INTO artifact_latest (artifact_key, artifact_id)
SELECT artifact_key, id
FROM artifact AS this
WHERE artifact_key IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM artifact AS other
    WHERE other.artifact_key = this.artifact_key
      AND (other.created > this.created OR other.created = this.created AND other.id > this.id)
);
-- downgrade
DELETE FROM artifact_latest;
DROP TABLE "artifact_latest";
