"""What `inspect` says of manifests as text."""

from sim.report.formats.inspection import inspected


def test_each_object_has_its_line_and_what_is_not_read_of_it():
    found = {
        "kind": "kubernetes",
        "objects": [
            {"kind": "Pod", "name": "p", "document": 1, "line": 1, "modelled": True, "ignored": ["spec.volumes"]},
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
        ],
        "problems": [],
    }
    text = inspected([("m.yaml", found)])
    assert "3 objects, 2 of kinds that the model knows" in text
    assert "Pod    p           1  spec.volumes" in text
    assert "all of it: the model does not know this kind" in text
    assert "kind (did you mean 'Node'?)" in " ".join(text.split())
    assert "f0, f1 (did you mean 'fs'?), f2" in " ".join(text.split())
    assert "f11, and 3 more" in " ".join(text.split())
    assert "\x1b" not in text
