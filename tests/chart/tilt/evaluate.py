"""Evaluates a Tiltfile with stubs of Tilt's API and prints every call as JSON.

    python3 evaluate.py ROOT HELM YAML_TO_JSON ARGUMENTS...

Starlark is a subset of Python, so Python runs it; what Starlark has not is refused first. HELM is a helm binary,
YAML_TO_JSON a command that turns YAML documents into a JSON list. ARGUMENTS are those after `tilt up --`.
"""

import ast
import json
import os
import subprocess
import sys

root, helm_binary, yaml_to_json, *arguments = sys.argv[1:]
path = os.path.join(root, "Tiltfile")
source = open(path).read()

FORBIDDEN = (
    ast.Import, ast.ImportFrom, ast.ClassDef, ast.While, ast.Try, ast.With, ast.Raise, ast.Global, ast.Nonlocal,
    ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFunctionDef, ast.Delete, ast.Assert, ast.JoinedStr, ast.NamedExpr,
    ast.Set, ast.SetComp, ast.GeneratorExp, ast.AnnAssign, ast.MatMult, ast.Pow, ast.Is, ast.IsNot,
)
tree = ast.parse(source)
for node in ast.walk(tree):
    if isinstance(node, FORBIDDEN):
        sys.exit("Tiltfile:%d: Starlark has no %s" % (getattr(node, "lineno", 0), type(node).__name__))
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        sys.exit("Tiltfile:%d: Starlark has no chained comparison" % node.lineno)

calls = []


def recorder(name, *positional, returns=None):
    def stub(*args, **kwargs):
        if len(args) > len(positional):
            sys.exit("Tiltfile: %s takes no %d arguments" % (name, len(args)))
        calls.append({"call": name, "args": dict(zip(positional, args), **kwargs)})
        return returns(*args, **kwargs) if returns else None
    return stub


class Config:
    """Tilt's `config`: definitions first, then the flags."""

    def __init__(self):
        self.kinds = {}

    def define_string(self, name, args=False, usage=""):
        self.kinds[name] = str

    def define_bool(self, name, args=False, usage=""):
        self.kinds[name] = bool

    def parse(self):
        given = {}
        for argument in arguments:
            name, _, value = argument.removeprefix("--").partition("=")
            if name not in self.kinds:
                sys.exit("Tiltfile: no such flag %s" % argument)
            given[name] = True if self.kinds[name] is bool else value
        return given


def helm(pathname, name="", namespace="", values=[], set=[]):
    args = [helm_binary, "template", name, os.path.join(root, pathname), "--namespace", namespace, "--skip-tests"]
    for file in values:
        args += ["--values", os.path.join(root, file)]
    for pair in set:
        args += ["--set", pair]
    run = subprocess.run(args, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit("helm: " + run.stderr)
    return run.stdout


def decode_yaml_stream(text):
    return json.loads(subprocess.run(yaml_to_json.split(" "), input=text, capture_output=True, text=True, check=True).stdout)


def starlark_bool(value):
    return bool(value)


api = {
    "config": Config(),
    "TRIGGER_MODE_AUTO": "auto",
    "TRIGGER_MODE_MANUAL": "manual",
    "allow_k8s_contexts": recorder("allow_k8s_contexts", "contexts"),
    "update_settings": recorder("update_settings"),
    "docker_build": recorder("docker_build", "ref", "context"),
    "sync": recorder("sync", "local_path", "remote_path", returns=lambda local, remote: {"sync": [local, remote]}),
    "fall_back_on": recorder("fall_back_on", "files", returns=lambda files: {"fall_back_on": files}),
    "helm": recorder("helm", "pathname", returns=helm),
    "read_file": recorder("read_file", "file_path", returns=lambda file: open(os.path.join(root, file)).read()),
    "decode_yaml_stream": decode_yaml_stream,
    "encode_yaml_stream": lambda objects: objects,
    "k8s_yaml": recorder("k8s_yaml", "yaml"),
    "k8s_resource": recorder("k8s_resource", "workload"),
    "local_resource": recorder("local_resource", "name"),
    # What Starlark itself has.
    "__builtins__": {
        name: getattr(__builtins__, name)
        for name in ["str", "int", "len", "range", "list", "dict", "enumerate", "zip", "sorted", "any", "all", "min", "max", "print", "bool"]
    },
}
exec(compile(tree, path, "exec"), api)
json.dump(calls, sys.stdout)
