"""What the guest in ../../backfill does, as Alembic's users write it."""

from alembic import op
from sqlalchemy import text

revision = "da7a00000001"
down_revision = None

CHUNK = 10_000


def upgrade():
    read = "SELECT id, name, amount, rate, state FROM item WHERE id > :last ORDER BY id LIMIT :chunk"
    if op.get_bind().dialect.name == "postgresql":
        read += " FOR NO KEY UPDATE"
    write = text("UPDATE item SET result = :result WHERE id = :id")
    last = 0
    with op.get_context().autocommit_block():
        engine = op.get_bind().engine
        with engine.connect() as connection:
            while True:
                with connection.begin():
                    rows = connection.execute(text(read), {"last": last, "chunk": CHUNK}).all()
                    if not rows:
                        return
                    connection.execute(
                        write,
                        [
                            {"id": r.id, "result": int(r.amount * r.rate) + len(r.name) + len(r.state)}
                            for r in rows
                        ],
                    )
                    last = rows[-1].id
