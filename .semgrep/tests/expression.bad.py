"""What the rule must find: text that becomes part of an expression."""


def of_kind(client, table, kind):
    return client.query(
        TableName=table,
        # ruleid: expression
        KeyConditionExpression=f"pk = '{kind}'",
    )


def filtered(client, request, name):
    # ruleid: expression
    request["FilterExpression"] = "#state = " + name
    return client.query(**request)


def chosen(name):
    # ruleid: expression
    return {"TableName": "t", "ProjectionExpression": "pk, {}".format(name)}


def conditional(name):
    # ruleid: expression
    return dict(ConditionExpression="%s = :v" % name)


def named(client, call):
    return client.update_item(
        UpdateExpression="SET #a = :v",
        # ruleid: expression
        ExpressionAttributeNames={"#a": f"x{call.query['field']}"},
    )


def partiql(client, kind):
    # ruleid: expression
    return client.execute_statement(Statement=f"SELECT * FROM t WHERE pk = '{kind}'")
