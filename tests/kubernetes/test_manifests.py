"""Manifests: what is read of them, what is named as left out, and what is refused with its place."""

import contextlib
import json
import time
from importlib import resources

import pytest

from bench.measure import growth
from sim import limits
from sim.cli import answer
from sim.errors import InputError
from sim.inspection import inspect, warn_among
from sim.kubernetes import selecting
from sim.kubernetes.apifields import unknown_fields
from sim.kubernetes.fields import GROUPS, KINDS, VERSIONS
from sim.kubernetes.forms import Fields, ListOf, MapOf, slip
from sim.kubernetes.manifests import read_manifest
from sim.report.formats.manifests import manifest_lines
from sim.wording import nearest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}\n"


def read(text):
    return read_manifest(text, "m.yaml")


def refusal(text):
    with pytest.raises(InputError) as refused:
        read(text)
    return str(refused.value)


def test_objects_of_all_documents_and_lists_in_order():
    text = f"""\
# nothing before the first
---
{POD}---
---
apiVersion: v1
kind: List
items:
- {{apiVersion: apps/v1, kind: ReplicaSet, metadata: {{name: r}}, spec: {{template: {{spec: {{containers: []}}}}}}}}
- apiVersion: v1
  kind: ConfigMapList
  items:
  - {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{generateName: run-}}
spec: {{template: {{spec: {{containers: []}}}}}}
"""
    manifest = read(text)
    found = [(one.kind, one.name, one.document, one.line, one.modelled) for one in manifest.objects]
    assert found == [
        ("Pod", "p", 1, 3, True),
        ("ReplicaSet", "r", 2, 12, True),
        ("ConfigMap", "c", 2, 16, False),
        ("Job", "run-", 3, 18, True),
    ]
    assert manifest.problems == ()


def test_json_is_read_too_even_if_tabs_indent_it():
    (one,) = read(
        json.dumps(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": []}}, indent="\t"
        )
    ).objects
    assert (one.kind, one.name) == ("Pod", "p")


def test_every_field_that_is_not_read_is_named_at_its_root():
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {app: web}
  annotations: {a: b}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  strategy: {rollingUpdate: {maxSurge: 1}}
  template:
    metadata:
      labels: {app: web}
      annotations:
        prometheus.io/scrape: "true"
        controller.kubernetes.io/pod-deletion-cost: "5"
    spec:
      serviceAccountName: web
      securityContext: {}
      volumes: [{name: v, emptyDir: {}}]
      containers:
      - name: c
        image: nginx:1
        imagePullPolicy: null
        ports: [{name: http, containerPort: 80}]
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m}, claims: []}
        readinessProbe: {httpGet: {path: /, port: http}}
status: {replicas: 3}
"""
    (one,) = read(text).objects
    pod = "spec.template.spec"
    assert set(one.ignored) == {
        "metadata.labels",
        "metadata.annotations",
        "spec.template.metadata.annotations.prometheus.io/scrape",
        f"{pod}.serviceAccountName",
        f"{pod}.securityContext",
        f"{pod}.volumes",
        f"{pod}.containers.0.imagePullPolicy",
        f"{pod}.containers.0.ports.0.name",
        f"{pod}.containers.0.resources.claims",
        f"{pod}.containers.0.readinessProbe.httpGet",
        "status",
    }


def test_an_unknown_kind_is_named_and_left_alone_as_is_a_known_name_in_another_group():
    text = "apiVersion: argoproj.io/v1\nkind: Rollout\nmetadata: {name: r, labels: {}}\nspec: {replicas: many}\n---\n"
    text += "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\nspec: 5\n"
    manifest = read(text)
    assert [(one.name, one.modelled, one.ignored) for one in manifest.objects] == [
        ("r", False, ("spec", "metadata.labels")),
        ("s", False, ("spec",)),
    ]
    assert manifest.problems == ()


def test_an_api_version_that_is_no_longer_served_is_read_as_the_one_that_is_and_says_so():
    old = POD.replace("v1\nkind: Pod", "extensions/v1beta1\nkind: Deployment").replace(
        "{containers: [{name: c}]}", "{template: {spec: {containers: []}}}"
    )
    (one,) = read(old).objects
    assert (one.modelled, one.ignored) == (True, ("apiVersion",))


def test_what_does_not_fit_is_named_with_document_line_and_path():
    text = (
        POD
        + """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: "3"
  strategy: {type: Rolling, rollingUpdate: {maxSurge: 25}}
  template:
    spec:
      containers:
      - image: nginx
        resources:
          requests: {cpu: 1x}
      tolerations: yes
"""
    )
    found = [(one.line, one.path, one.message) for one in read(text).problems]
    assert found == [
        (10, "spec.replicas", "'3' is no whole number from 0 to 2147483647 (Deployment web, document 2)"),
        (11, "spec.strategy.type", "'Rolling' is none of RollingUpdate, Recreate (Deployment web, document 2)"),
        (15, "spec.template.spec.containers.0", "missing key 'name' (Deployment web, document 2)"),
        (
            17,
            "spec.template.spec.containers.0.resources.requests.cpu",
            "'1x' is no quantity of at least 0; expected one as '500m' or '1.5Gi' (Deployment web, document 2)",
        ),
        (18, "spec.template.spec.tolerations", "True does not fit; expected a list (Deployment web, document 2)"),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", True), ("on", True), ("n", False), ("'yes'", "yes"), ("010", 8), ("0o10", 8), ("0x1F", 31),
        ("-5", -5), ("0", 0), ("08", 8.0), ("1.5", 1.5), ("1e3", "1e3"), ("1e+3", 1000.0), ("~", None),
        ("1_000", 1000), ("1:30", "1:30"), ("2024-01-01", "2024-01-01"), ("!!str 5", "5"),
        ("0b101", 5), ("9" * 80, "9" * 80),
    ],
)  # fmt: skip
def test_words_are_those_of_yaml_1_1_as_in_kubectl(written, value):
    (one,) = read(f"apiVersion: v1\nkind: X\nmetadata: {{name: x}}\nvalue: {written}\n").objects
    assert (one.value["value"], type(one.value["value"])) == (value, type(value))


def test_merge_keys_and_aliases():
    text = "apiVersion: v1\nkind: X\nmetadata: {name: x}\n"
    text += "a: &a {one: 1, two: 2}\nb: {<<: *a, two: 3}\nc: {<<: [*a, {four: 4}]}\n"
    value = read(text).objects[0].value
    assert (value["b"], value["c"]) == ({"one": 1, "two": 3}, {"one": 1, "two": 2, "four": 4})


def test_a_key_twice_is_a_problem_with_both_lines():
    (problem,) = read(POD + "kind: Job\n").problems
    assert (problem.line, problem.message) == (5, "key 'kind' is there already, in line 2")


class TestRefused:
    def test_a_template_is_named_as_one_with_its_line(self):
        text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"
        assert "m.yaml:4:" in refusal(text)
        assert "a template, as of Helm ('{{' in line 4); expected what it renders to" in refusal(text)
        quoted = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: '{{ quoted }}'}\n"
        assert read(quoted).objects[0].ignored == ("data",)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("apiVersion: v1\n  kind: Pod\n", "m.yaml:2:"),
            ("apiVersion: v1\n\tkind: Pod\n", "a tab where spaces are expected"),
            ("apiVersion: v1\nkind: *x\n", "alias *x has no finished anchor before it"),
            ("? [a]\n: b\n", "a key is a word"),
            ("a: b\n", "has no object with apiVersion and kind"),
            ("just words\n", "has no object with apiVersion and kind"),
            ("", "has no object with apiVersion and kind"),
            ("a: &a {b: *a}\n", "alias *a has no finished anchor"),
            ("a: {<<: 5}\n", "a merge key takes a mapping"),
        ],
    )
    def test_what_is_no_manifest(self, text, reason):
        assert reason in refusal(text)

    def test_depth_values_and_size_with_the_number(self):
        assert "nested deeper than 40 levels" in refusal("a: " + "[" * 100 + "]" * 100)
        lines = ["a0: &a0 [1,2,3,4,5,6,7,8,9,10]"]
        lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
        assert "more than 50000 values once its aliases are written out" in refusal("\n".join(lines))
        merged = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}" for n in range(1, 40)]
        assert "more than 50000 values" in refusal("\n".join(merged))
        assert f"the most is {limits.KUBERNETES_MANIFEST}" in refusal("#" * (limits.KUBERNETES_MANIFEST + 1))

    @pytest.mark.parametrize(
        "piece",
        [
            "---\n" + POD,
            "- {a: b}\n",
            "{{",
            "a: b\t\n",
            "<<: {a: b}\n",
            "'",
            "a: &a b\n",
            "[",
            "!!x ",
            "apiVersion: v1\n",
            "? ",
            "%TAG ! tag:x\n",
        ],
    )
    def test_time_grows_no_faster_than_the_text(self, piece):
        def seconds(size):
            begun = time.process_time()
            with contextlib.suppress(InputError):
                read(piece * (size // len(piece)))
            return time.process_time() - begun

        few = min(seconds(8_000) for _ in range(3))
        assert seconds(64_000) < 8 * 4 * few + 0.05


def test_a_controller_whose_selector_does_not_take_its_own_pods_is_a_problem_as_the_api_server_says():
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: shop}}, spec: {containers: [{name: c, image: a}]}}
"""
    (problem,) = read(text).problems
    assert (problem.line, problem.path) == (6, "spec.template.metadata.labels")
    assert "{'app': 'shop'}" in problem.message
    assert read(text.replace("shop", "web")).problems == ()
    (problem,) = read(
        text.replace("matchLabels: {app: web}", "matchExpressions: [{key: app, operator: Near}]")
    ).problems
    assert (problem.path, "'Near'" in problem.message) == ("spec.selector", True)


def test_inspect_prints_the_object_of_the_contract_and_its_problems_go_to_the_command(tmp_path):
    path = tmp_path / "m.yaml"
    path.write_text(POD.replace("{name: c}", "{name: c, tty: true}, 5"))
    assert inspect(path) == {
        "kind": "kubernetes",
        "objects": [
            {
                "kind": "Pod",
                "name": "p",
                "document": 1,
                "line": 1,
                "modelled": True,
                "pods": 1,
                "pod_labels": {},
                "ignored": ["spec.containers.0.tty"],
            }
        ],
        "warnings": [],
        "problems": [
            {
                "line": 4,
                "path": "spec.containers.1",
                "message": "5 does not fit; expected keys and values (Pod p, document 1)",
            }
        ],
    }


def test_a_slip_in_a_kind_or_a_key_is_answered_with_the_name_that_may_be_meant():
    missing, unknown = read(POD.replace("containers:", "contianers:")).problems
    assert "missing key 'containers'; is 'contianers' meant?" in missing.message
    assert "unknown key 'contianers' in Kubernetes 1.32, did you mean 'containers'?" in unknown.message
    (one,) = read("apiVersion: apps/v1\nkind: Deploymnet\nmetadata: {name: web}\n").objects
    assert (one.modelled, one.meant) == (False, {"kind": "Deployment"})
    assert one.kind == "Deploymnet"


@pytest.mark.parametrize("key", ["imagePullSecrets", "hostIPC", "shareProcessNamespace"])
def test_a_key_that_is_one_of_kubernetes_is_no_slip_for_another(key):
    """The model does not read them, but who writes them means them."""
    manifest = read(POD.replace("{name: c}]", f"{{name: c}}], {key}: 1"))
    assert manifest.objects[0].ignored == (f"spec.{key}",)
    assert manifest.problems == ()


SLIPS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, lables: {}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {any.thing/of: mine}}
    spec:
      volumes: [{name: v, emptyDir: {sizeLimits: 1Gi}}]
      containers:
      - name: c
        imagePullPolcy: Always
        env: [{name: A, valueFrom: {secretKeyReff: {}}}]
        resources: {limits: {example.com/gpu: 1}}
"""


def test_a_key_that_is_one_of_the_kind_with_a_slip_is_a_problem_and_not_ignored_too():
    """`kubectl apply` of Kubernetes 1.32 refuses each of these as an unknown field, below fields not read too."""
    manifest = read(SLIPS)
    pod = "spec.template.spec"
    assert [(one.line, one.path, one.message.partition(" (")[0]) for one in manifest.problems] == [
        (3, "metadata.lables", "unknown key 'lables' in Kubernetes 1.32, did you mean 'labels'?"),
        (
            9,
            f"{pod}.volumes.0.emptyDir.sizeLimits",
            "unknown key 'sizeLimits' in Kubernetes 1.32, did you mean 'sizeLimit'?",
        ),
        (
            12,
            f"{pod}.containers.0.imagePullPolcy",
            "unknown key 'imagePullPolcy' in Kubernetes 1.32, did you mean 'imagePullPolicy'?",
        ),
        (
            13,
            f"{pod}.containers.0.env.0.valueFrom.secretKeyReff",
            "unknown key 'secretKeyReff' in Kubernetes 1.32, did you mean 'secretKeyRef'?",
        ),
    ]
    assert manifest.objects[0].ignored == (
        "spec.template.metadata.annotations.any.thing/of", f"{pod}.volumes", f"{pod}.containers.0.env",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("container", "ignored"),
    [
        ("lifecycle: {stopSignal: SIGUSR1}", "lifecycle"),  # since 1.33
        ("env: [{name: A, valueFrom: {fileKeyRef: {key: a, path: b, volumeName: c}}}]", "env"),  # since 1.34
        ("restartPolicyRules: []", "restartPolicyRules"),  # since 1.34
    ],
)
def test_a_key_that_only_a_later_kubernetes_has_is_not_read_and_no_problem(container, ignored):
    manifest = read(POD.replace("{name: c}", f"{{name: c, {container}}}"))
    assert manifest.problems == ()
    assert [one.partition("containers.0.")[2].partition(".")[0] for one in manifest.objects[0].ignored] == [ignored]
    assert manifest.objects[0].meant == {}


def test_hardly_a_field_of_the_api_is_a_slip_of_another_of_its_type():
    """So hardly a field that a later version brings is told as one."""
    text = resources.files("sim.kubernetes").joinpath("api-fields.json").read_text("utf-8")
    types = json.loads(text)["types"].values()
    near = [(name, slip(name, [one for one in fields if one != name])) for fields in types for name in fields]
    assert len(near) > 1000
    told = [pair for pair in near if pair[1]]
    assert all(one.removesuffix("s") == other.removesuffix("s") for one, other in told)
    assert len(told) == 8


def test_a_key_of_a_version_that_is_no_longer_served_is_told_with_what_may_be_meant_and_no_problem():
    """`rollbackTo` was a field of extensions/v1beta1, and is none of what it is read as."""
    manifest = read(
        SLIPS.replace("apps/v1", "extensions/v1beta1").replace("  selector", "  rollbackTo: {}\n  selector")
    )
    assert manifest.problems == ()
    assert {"spec.rollbackTo", "metadata.lables"} < set(manifest.objects[0].ignored)
    assert manifest.objects[0].meant["metadata.lables"] == "labels"


def test_every_field_that_the_model_reads_is_one_of_the_api():
    """Two lists by different hands: the fields that are read, and those of the published API."""
    for kind, form in KINDS.items():
        group = GROUPS.get(kind, ("",))[0]
        version = f"{group}/{VERSIONS[group]}".removeprefix("/")
        assert list(unknown_fields(written_out(form), version, kind)) == []
        assert list(unknown_fields({"nonsense": 1}, version, kind))


def written_out(form):
    """A value that has every field of a form."""
    if isinstance(form, Fields):
        return {key: written_out(inner) for key, inner in form.forms.items()}
    if isinstance(form, ListOf):
        return [written_out(form.form)]
    return {"any": 1} if isinstance(form, MapOf) else 1


SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  ports: [{port: 80}]
  selector: {app: web}
"""


def warnings(*texts):
    plain = [read(text).plain() for text in texts]
    return [[(one["line"], one["message"]) for one in held["warnings"]] for held in warn_among(plain)]


@pytest.mark.parametrize(
    ("labels", "selector", "reason"),
    [
        ("{app: web, tier: a}", "{app: web}", None),
        ("{app: web}", "{app: wbe}", "none has app=wbe, did you mean 'web'?"),
        ("{app: web}", "{ap: web}", "none has a label 'ap', did you mean 'app'?"),
        ("{app: web}", "{app: web, tier: a}", "none has a label 'tier'; there is 1 label"),
        ("{}", "{app: web}", "none has a label 'app'"),
        ("{app: web, a: b}", "{app: db}", "none has app=db; there is 1 value"),
        ("{app: web}", "{}", None),
    ],
)
def test_a_service_that_takes_no_pod_is_a_warning_at_its_selector(labels, selector, reason):
    pod = POD.replace("{name: p}", f"{{name: p, labels: {labels}}}")
    expected = [(11, f"takes no pod of the manifests given: {reason} (Service s)")] if reason else []
    assert warnings(pod + SERVICE.replace("{app: web}", selector)) == [expected]


def test_pods_of_another_file_and_of_kinds_the_model_does_not_know_are_taken_and_those_of_another_namespace_not():
    assert warnings(SERVICE) == [
        [(7, "takes no pod of the manifests given: there is none in its namespace (Service s)")]
    ]
    assert warnings(SERVICE, SLIPS) == [[], []]
    cron = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\n"
    cron += "spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: web}}}}}}\n"
    assert warnings(cron + SERVICE) == [[]]
    there = SLIPS.replace("{name: web,", "{name: web, namespace: shop,")
    assert warnings(there, SERVICE) == [[], []]
    assert warnings(there, SERVICE.replace("{name: s}", "{name: s, namespace: shop}")) == [[], []]
    assert len(warnings(there, SERVICE.replace("{name: s}", "{name: s, namespace: bank}"))[1]) == 1


MADE = """\
apiVersion: {version}
kind: {kind}
metadata: {{name: web}}
spec:
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: c}}]}}
"""


@pytest.mark.parametrize(
    ("version", "kind", "added"),
    [
        ("apps/v1", "StatefulSet", "statefulset.kubernetes.io/pod-name: web-0"),
        ("apps/v1", "StatefulSet", "apps.kubernetes.io/pod-index: '0'"),
        ("apps/v1", "StatefulSet", "controller-revision-hash: web-6c8f"),
        ("apps/v1", "ReplicaSet", "pod-template-hash: 6c8f"),
        ("apps/v1", "DaemonSet", "pod-template-generation: '1'"),
        ("batch/v1", "Job", "job-name: web"),
        ("batch/v1", "Job", "batch.kubernetes.io/job-completion-index: '0'"),
    ],
)
def test_a_service_may_ask_for_labels_that_controllers_add(version, kind, added):
    """A template has none of them, but a pod written by itself has all that it will have."""
    made = MADE.format(version=version, kind=kind)
    assert warnings(made + SERVICE.replace("{app: web}", f"{{app: web, {added}}}")) == [[]]
    ((_, message),) = warnings(made + SERVICE.replace("{app: web}", f"{{{added}, app: shop}}"))[0]
    assert "none has app=shop" in message
    alone = POD.replace("{name: p}", "{name: p, labels: {app: web}}")
    assert len(warnings(alone + SERVICE.replace("{app: web}", f"{{app: web, {added}}}"))[0]) == 1


@pytest.mark.parametrize("spec", ["type: ExternalName\n  externalName: a.b", "type: ExternalName", "type: ClusterIP"])
def test_a_service_of_no_pods_of_its_own_is_no_warning(spec):
    """One of the type ExternalName is an alias, and one without selector has endpoints that somebody writes."""
    external = SERVICE.replace("spec:\n", f"spec:\n  {spec}\n")
    if "External" not in spec:
        external = external.replace("  selector: {app: web}\n", "")
    assert warnings(external) == [[]]


def test_warnings_take_text_and_comparisons_in_proportion_to_pods_and_services(monkeypatch):
    """Of n pods and n services that take none of them: four times as many give four times the text, not sixteen."""
    compared = []

    def noted(name, known):
        compared.extend(known := list(known))
        return nearest(name, known)

    monkeypatch.setattr(selecting, "nearest", noted)

    def text(count):
        compared.clear()
        labels = [{"kind": "Pod", "pod_labels": {"app": f"pod-{number:05}", "one": "1"}} for number in range(count)]
        services = [
            {"kind": "Service", "name": "s", "selector": selector, "selector_line": 1}
            for number in range(count)
            for selector in ({"app": f"{number:05}-unlike"}, {f"{number}": "a"}, {"one": "1", "app": f"{number}"})
        ]
        held = {"kind": "kubernetes", "objects": labels + services}
        (answered,) = warn_among([held])
        assert len(answered["warnings"]) == 3 * count
        return sum(len(one["message"]) for one in answered["warnings"]), len(compared)

    (few, _), (many, searched) = text(500), text(2000)
    assert many < 4.2 * few
    assert searched <= limits.PROBLEMS * 500


@pytest.mark.parametrize("key", ["app", "app{}"])
def test_services_are_held_against_pods_in_time_that_grows_as_they_do(key):
    """Of one key that all have, and of as many as there are services."""

    def ready(count):
        keys = [key.format(number) for number in range(count)]
        pods = [{"kind": "Pod", "pod_labels": {one: f"pod-{at}", "one": "1"}} for at, one in enumerate(keys)]
        services = [
            {"kind": "Service", "name": "s", "selector": {"one": "1", one: f"{at}"}, "selector_line": 1}
            for at, one in enumerate(keys)
        ]
        return lambda: list(warn_among([{"kind": "kubernetes", "objects": pods + services}]))

    assert growth(ready, 1000) < 8


OWNED = """metadata:
  name: {name}
  ownerReferences: [{{apiVersion: apps/v1, kind: {kind}, name: {owner}, uid: u, controller: {controls}}}]
"""


def dump(controllers=("Deployment", "ReplicaSet"), controls="true"):
    """What `kubectl get -o yaml` has of a Deployment, its ReplicaSet and their three pods."""
    made = MADE.replace("spec:\n", "spec:\n  replicas: 3\n", 1)
    by_deployment = OWNED.format(name="web-6c8f", kind="Deployment", owner="web", controls=controls)
    by_replica_set = OWNED.format(name="web-6c8f-a", kind="ReplicaSet", owner="web-6c8f", controls=controls)
    objects = {
        "Deployment": made.format(version="apps/v1", kind="Deployment"),
        "ReplicaSet": made.format(version="apps/v1", kind="ReplicaSet").replace(
            "metadata: {name: web}\n", by_deployment, 1
        ),
    }
    pod = POD.replace("metadata: {name: p}\n", by_replica_set)
    return "---\n".join([*(objects[kind] for kind in controllers), pod, pod, pod])


@pytest.mark.parametrize(
    ("text", "pods"),
    [
        (dump(), 3),
        (dump(("ReplicaSet",)), 3),  # its owner is not there, so it tells itself
        (dump(()), 3),
        (dump(controls="false"), 3 + 3 + 3),
    ],
)
def test_the_total_has_each_pod_of_a_dump_once(text, pods):
    assert f"; {pods} pod{'s' * (pods != 1)}; " in manifest_lines({**read(text).plain(), "warnings": []})[0]


def test_a_slip_below_a_path_that_is_not_read_is_told_too():
    """`volumes` is not read, and stands for all below it."""
    old = SLIPS.replace("apps/v1", "extensions/v1beta1")
    lines = manifest_lines({**read(old).plain(), "warnings": []})
    told = " ".join(" ".join(lines).split())
    pod = "spec.template.spec"
    for hint in (
        "metadata.lables (did you mean 'labels'?)",
        f"{pod}.volumes.0.emptyDir.sizeLimits (did you mean 'sizeLimit'?)",
        f"{pod}.containers.0.env.0.valueFrom.secretKeyReff (did you mean 'secretKeyRef'?)",
    ):
        assert hint in told


@pytest.mark.parametrize(
    ("kind", "spec", "pods"),
    [
        ("Deployment", "", 1),
        ("StatefulSet", "replicas: 3, ", 3),
        ("DaemonSet", "", None),
        ("Job", "", 1),
        ("Job", "parallelism: 4, completions: 3, ", 3),
        ("Job", "parallelism: 4, ", 4),
        ("Job", "parallelism: 4, suspend: true, ", 0),
    ],
)
def test_an_object_tells_how_many_pods_it_asks_for_at_a_time(kind, spec, pods):
    version = "batch/v1" if kind == "Job" else "apps/v1"
    made = f"{{{spec}template: {{spec: {{containers: []}}}}}}"
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: x}}\nspec: {made}\n"
    assert read(text).plain()["objects"][0]["pods"] == pods


def test_inspect_of_several_files_tells_the_totals_of_each_and_warns_among_all(tmp_path, capsys):
    for name, text in (("pods", SLIPS), ("service", SERVICE)):
        (tmp_path / name).write_text(text)
    paths = [str(tmp_path / name) for name in ("pods", "service")]
    assert answer(["inspect", paths[1]]) == 0
    out = capsys.readouterr().out
    assert "1 object, 1 of kinds that the model knows; 0 pods; 1 field not read" in out
    assert "  spec.selector: takes no pod of the manifests given" in out
    assert answer(["inspect", paths[1], "--format", "github"]) == 0
    assert "::warning" in capsys.readouterr().out
    assert answer(["inspect", *paths]) == 2  # the slips
    out, err = capsys.readouterr()
    assert "1 pod; 3 fields not read" in out
    assert "takes no pod" not in out
    assert f"{paths[0]}:12: spec.template.spec.containers.0.imagePullPolcy: unknown key" in err


def test_keys_without_end_are_compared_in_time_that_grows_as_they_do():
    """Names that are near one that is read, and long ones."""

    def ready(size):
        keys = "".join(f"contianers{number}: 1, {'c' * 500}{number}: 1, " for number in range(size))
        text = POD.replace("containers: [{name: c}]", keys)
        return lambda: read(text)

    assert growth(ready, 250) < 8


def problems_of(text):
    return [(one.file, one.line, one.path, one.message.partition(" (")[0]) for one in read(text).problems]


NAMES = {
    ("Service", "metadata.name"): (("web-1", "a" * 63), ("1-web", "My_Svc", "a.b", "a" * 64)),
    ("Service", "metadata.generateName"): (("web-",), ("Web-",)),
    ("Namespace", "metadata.name"): (("1-shop",), ("shop.eu",)),
    ("Pod", "metadata.name"): (("shop.eu", "a" * 253), ("shop..eu", "web-", "a" * 254)),
    ("Pod", "metadata.namespace"): ((), ("Shop",)),
    ("Pod", "spec.containers.0.name"): (("1-app",), ("app_1", "app.1")),
}
"""Of a kind's field, names that the API server of Kubernetes 1.32 takes, and those that it refuses."""


@pytest.mark.parametrize(
    ("kind", "path", "name", "taken"),
    [(*at, name, names is both[0]) for at, both in NAMES.items() for names in both for name in names],
)
def test_a_name_that_the_api_server_refuses_is_a_problem_at_its_line(kind, path, name, taken):
    metadata = {"name": "p"} if not path.startswith("metadata.g") else {}
    if path.startswith("metadata."):
        metadata[path.partition(".")[2]] = name
    container = name if path.startswith("spec") else "c"
    fields = "\n".join(f"  {key}: {json.dumps(text)}" for key, text in metadata.items())
    spec = f"spec:\n  containers:\n  - name: {json.dumps(container)}\n" if kind == "Pod" else ""
    text = f"apiVersion: v1\nkind: {kind}\nmetadata:\n{fields}\n{spec}"
    line = 1 + max(number for number, one in enumerate(text.splitlines()) if json.dumps(name) in one)
    found = problems_of(text)
    assert found == [] if taken else [one[:3] for one in found] == [("m.yaml", line, path)]


RESOURCES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      initContainers:
      - name: first
        resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}
      containers:
      - name: app
        resources:
          requests:
            cpu: 1500m
            memory: 1Gi
            hugepages-2Mi: 2Mi
            example.com/gpu: 1
          limits:
            cpu: 1
            memory: 512Mi
            hugepages-2Mi: 4Mi
            example.com/gpu: 2
"""


def test_requests_above_their_limits_are_problems_and_so_are_others_of_what_is_not_overcommitted():
    path = "spec.template.spec.containers.0.resources.requests"
    assert problems_of(RESOURCES) == [
        ("m.yaml", 14, f"{path}.cpu", "'1500m' must be less than or equal to the cpu limit, 1"),
        ("m.yaml", 15, f"{path}.memory", "'1Gi' must be less than or equal to the memory limit, '512Mi'"),
        ("m.yaml", 16, f"{path}.hugepages-2Mi", "'2Mi' must be equal to the hugepages-2Mi limit, '4Mi'"),
        ("m.yaml", 17, f"{path}.example.com/gpu", "1 must be equal to the example.com/gpu limit, 2"),
    ]


@pytest.mark.parametrize("resources", ["[]", "{requests: 1}", "{requests: {cpu: x}, limits: {cpu: []}}"])
def test_requests_of_another_form_are_told_by_their_form(resources):
    assert problems_of(POD.replace("name: c", f"name: c, resources: {resources}"))
