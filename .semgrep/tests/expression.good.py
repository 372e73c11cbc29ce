"""What the rule must leave alone: fixed expressions, and what somebody sent as a value."""


def of_kind(client, table, kind):
    return client.query(
        TableName=table,
        # ok: expression
        KeyConditionExpression="pk = :pk",
        # ok: expression
        ExpressionAttributeValues={":pk": {"S": f"WORK#{kind}"}},
    )


def named(attribute):
    # ok: expression
    return {"UpdateExpression": "SET #a = :v", "ExpressionAttributeNames": {"#a": attribute}}


def added(sums):
    sets = [f"#a{n} = #a{n} + :a{n}" for n, _ in enumerate(sums)]
    # ok: expression
    return {"UpdateExpression": "SET " + ", ".join(sets)}


def told(kind):
    # ok: expression
    return {"Subject": f"Work of {kind}"}
