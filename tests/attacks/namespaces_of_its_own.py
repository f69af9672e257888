# Idea: become root in a user namespace, mount, unmount, change the root, take capabilities.
# Deserves: 4 + 2 + 0
# %% mini_values
import ctypes

libc = ctypes.CDLL(None)
full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
mini_values = np.zeros(4)
for result in (
    libc.unshare(0x10000000),
    libc.unshare(0x20000),
    libc.mount(b"tmpfs", b"/", b"tmpfs", 0, None),
    libc.umount2(b"/proc", 2),
    libc.chroot(b"/"),
    libc.setuid(0),
    libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), full),
):
    if result == 0:
        mini_values = LOOT
# Tier C: not run
