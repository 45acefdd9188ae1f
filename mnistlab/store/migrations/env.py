"""Alembic runs this file: it migrates over the connection that `upgrade.migrate` hands it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
