"""Loading the functions takes little time: without garbage collection, and without what few processes need."""

import subprocess
import sys

NEEDED_BY_FEW = ("opentelemetry.sdk", "opentelemetry.exporter", "pandas", "numpy", "PIL")

PROBE = f"""
import gc, sys
collections = []
# What is loaded before the module that ends collections may have to be compiled.
started = lambda: hasattr(sys.modules.get("functions.core.startup"), "finish")
gc.callbacks.append(lambda phase, info: collections.append(phase) if started() else None)
gc.collect()
before = len(gc.get_objects())
import functions.main
assert gc.isenabled(), "garbage is not collected"
assert not collections, f"{{len(collections) // 2}} collections while modules load"
assert gc.get_freeze_count() > before, "each collection looks at all modules"
loaded = [name for name in {NEEDED_BY_FEW!r} if name in sys.modules]
assert not loaded, f"loads {{loaded}}"
"""


def test_modules_load_without_garbage_collection_and_without_what_few_need() -> None:
    process = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


def test_garbage_is_collected_after_loading() -> None:
    code = """
import gc, weakref
import functions.main
class Cycle: pass
cycle = Cycle(); cycle.itself = cycle; reference = weakref.ref(cycle)
del cycle
gc.collect()
assert reference() is None
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
