"""Writes python.txt: a JSON text, and below it what Python makes of it.

    python3 python.py > python.txt
"""

import json
import random

texts = [
    "null", "true", "false", "[]", "{}", " [ ] ", "[[], {}]", '""', "0", "-0", "-0.0", "0.0", "1.0", "100", "1e2", "1E+2",
    "123456789012345678901234567890", "-9223372036854775809", "0.1", "1.10", "1e15", "1e16", "9999999999999998.0", "123456789012345680.0",
    "0.0001", "0.00001", "1.5e-7", "5e-324", "1e-400", "1.7976931348623157e308", "1e400", "-1e400", "2.2250738585072011e-308",
    r'"\u0000\u0001\b\f\n\r\t\u001f \"\\\/\u007f\u0080"', '"\u00e9\u4e2d\u2028\u2029\ufffd"', '"\U0001f426"', r'"\ud83d\udc26"', r'"\u00E9"',
    '{"b": 1, "a": 2, "B": 3, "": 4, "aa": 5}', '{"\ufb33": 1, "\U0001f426": 2, "\u0080": 3, "1": 4}',
    '{"z": {"y": {"x": [1, {"b": null, "a": [true, false]}]}}}', '{"a":1,"a":2,"b":3}',
    '{"title": "S3 Storage", "type": "object", "properties": {"bucket": {"title": "Bucket", "description": "Le seau \u00ab S3 \u00bb", '
    '"type": "string"}, "size": {"type": "number", "default": 1e3, "minimum": 0.5}}, "required": ["bucket"], "block_type_slug": "s3"}',
]

r = random.Random(1)
for _ in range(100):
    texts.append(repr(r.choice([1, -1]) * r.random() * 10 ** r.randint(-25, 25)))
    texts.append("%d.%de%d" % (r.randint(0, 999), r.randint(0, 10**9), r.randint(-30, 30)))
    texts.append(json.dumps({chr(r.choice([r.randint(1, 127), r.randint(128, 0xD7FF), r.randint(0x10000, 0x10FFFF)])): i for i in range(4)}))

for text in texts:
    print(text)
    print(json.dumps(json.loads(text), sort_keys=True))
