"""Results as text or JSON on stdout; notes and errors on stderr. Only this package uses Rich."""
