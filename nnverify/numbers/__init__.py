"""Number types that go through unmodified NumPy code in object arrays, one file each.

NumPy calls their arithmetic, their comparisons and, for np.exp and its kin, the method of that name. What a
type cannot do without losing what it stands for it refuses.
"""
