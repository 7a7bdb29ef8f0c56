"""Results as text or JSON on stdout; notes and errors on stderr. Only here is Rich imported."""
