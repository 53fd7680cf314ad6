"""What every Python under `tessen exec` runs before its program: the program's own set-up, then the recorder.

What belongs here is the handing over, and nothing that an old interpreter cannot read: this file is run by
whichever Python the program uses, so it keeps to what Python 2.7 and 3.11 have in common.
"""

import os
import sys


def _programs_own():
    """Run the `sitecustomize` that this one stands before, as if this one were not there."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    ours = sys.modules.pop(__name__, None)
    try:
        __import__("sitecustomize")
    except ImportError as problem:
        if getattr(problem, "name", "sitecustomize") != "sitecustomize":
            raise
    finally:
        if ours is not None:
            sys.modules.setdefault(__name__, ours)


def _record(package):
    """Start the recorder that lies in this folder, or the environment's own."""
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    found = find_spec("tessen")
    if found is None or found.origin is None:  # a folder of that name, say of logs, is no package
        location = os.path.join(package, "__init__.py")
        spec = spec_from_file_location("tessen", location, submodule_search_locations=[package])
        module = module_from_spec(spec)
        sys.modules["tessen"] = module
        spec.loader.exec_module(module)
    import tessen

    name = os.environ.get("TESSEN_AGENT_NAME", "").strip() or os.environ.get("TESSEN_EXEC_AGENT")
    if not name:
        from tessen._command_line import agent_of

        name = os.environ["TESSEN_EXEC_AGENT"] = agent_of(sys.orig_argv[1:])
    tessen.init(agent_name=name)


def _say(message):
    try:
        sys.stderr.write("tessen: %s\n" % message)
    except Exception:
        pass


try:
    _programs_own()
finally:
    if sys.version_info < (3, 11):
        _say("Python %d.%d is too old to be recorded; the program runs unrecorded" % sys.version_info[:2])
    else:
        try:
            _record(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        except Exception as _problem:
            _say("the program runs unrecorded (%s: %s)" % (type(_problem).__name__, _problem))
