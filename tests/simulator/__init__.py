"""The write path under faults: a deterministic AWS, provider and org in memory, and what is proved with them.

`world` holds the state and is the one seam, `stage` runs the product's real handlers on it, `story` plays a small
complete month, `sweep` lets every call fail in every way, `races` lets the meetings of `pairs` and `threes` take turns
at every call, `restore` cuts tables in the middle of a step, `scripts` hold the simulated DynamoDB to two others.
`stories` tells months nobody wrote down, `crossings` delivers what deal books share in every order.
`python -m tests.simulator.prove` writes docs/proof.md.
"""
