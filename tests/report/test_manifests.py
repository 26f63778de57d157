"""What `inspect` says of manifests as text."""

from sim.report.formats.inspection import inspected


def test_each_object_has_its_line_and_what_is_not_read_of_it():
    found = {
        "kind": "kubernetes",
        "objects": [
            {
                "kind": "Pod",
                "name": "p",
                "document": 1,
                "line": 1,
                "modelled": True,
                "pods": 1,
                "ignored": ["spec.volumes"],
            },
            {
                "kind": "Route",
                "name": "r\x1b",
                "document": 2,
                "line": 9,
                "modelled": False,
                "ignored": ["spec"],
                "meant": {"kind": "Node"},
            },
            {
                "kind": "Job",
                "name": "j",
                "document": 3,
                "line": 20,
                "modelled": True,
                "ignored": [f"f{number}" for number in range(15)],
                "meant": {"f1": "fs"},
            },
            {"kind": "DaemonSet", "name": "d", "line": 30, "modelled": True, "pods": None, "ignored": []},
        ],
        "warnings": [{"line": 1, "path": "spec.selector", "message": "takes\x1b no pod"}],
        "problems": [],
    }
    text = inspected([("m.yaml", found)])
    assert "4 objects, 3 of kinds that the model knows; 1 pod and 1 on each node; 16 fields not read" in text
    assert "Pod        p           1         1  spec.volumes" in text
    assert "DaemonSet  d          30  1 a node" in text
    assert "  spec.selector: takes\\u001b no pod" in text
    assert "all of it: the model does not know this kind" in text
    assert "kind (did you mean 'Node'?)" in " ".join(text.split())
    assert "f0, f1 (did you mean 'fs'?), f2" in " ".join(text.split())
    assert "f11, and 3 more" in " ".join(text.split())
    assert "\x1b" not in text
