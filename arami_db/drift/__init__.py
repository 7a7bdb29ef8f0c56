"""How a database differs from the expected facts: findings, their causes and remedies."""
