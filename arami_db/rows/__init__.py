"""Valid rows for any table, made from nothing but the catalog."""
