"""Every code and its meaning in a few words. A code never changes its meaning.

NV1xx causes of a FAIL, NV2xx reasons of INCONCLUSIVE, NV3xx contract of a backward pass, NV4xx derivations.
"""

from types import MappingProxyType

CODES = MappingProxyType(
    {
        "NV109": "not linear in the upstream gradient",
        "NV112": "accumulated over calls",
        "NV113": "stale cache",
        "NV114": "argument changed in place",
        "NV116": "samples of the batch mixed",
        "NV117": "special value",
        "NV201": "kink",
        "NV202": "noise",
        "NV204": "budget",
        "NV205": "vacuous",
        "NV206": "domain edge",
        "NV207": "not deterministic",
        "NV208": "witnesses disagree",
        "NV209": "jump",
        "NV210": "not finished",
        "NV301": "shape",
        "NV302": "dtype",
        "NV303": "missing gradient",
        "NV304": "NaN or infinity",
        "NV305": "shared memory",
        "NV306": "backward raises",
        "NV307": "one backward for each forward",
        "NV401": "the forms differ",
        "NV402": "not the derivative by algebra",
        "NV403": "a counterexample that could not be refuted",
        "NV404": "raised an exception",
        "NV405": "not exact",
    }
)
