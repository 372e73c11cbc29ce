"""The stores in memory: what scenarios run on, and what tests use where DynamoDB would only be slow.

Contract tests in tests/adapters hold each to the real adapter.
"""
