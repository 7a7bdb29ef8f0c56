"""How a database differs from the facts that should hold: findings, their causes and remedies."""
