"""What Alembic runs to upgrade a store: see `mnistlab.store.upgrade`."""
