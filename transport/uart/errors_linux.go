package uart

import (
	"errors"
	"fmt"
	"io/fs"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openError turns the kernel's refusal to open a device into a sentence that
// says what to do. It wraps the kernel's error.
func openError(device string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("open %s: %w; %s", device, err, permissionAdvice(device))
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("open %s: %w; %s", device, err, busyAdvice(device))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("open %s: %w; %s", device, err, missingAdvice())
	}
	return fmt.Errorf("open %s: %w", device, err)
}

// permissionAdvice names the group to join, when the device's group may open it
// and is one that a person is put into.
func permissionAdvice(device string) string {
	const groupRW = 0o060
	var st unix.Stat_t
	if err := unix.Stat(device, &st); err != nil {
		return "its folder may not be searched either"
	}
	group := strconv.Itoa(int(st.Gid))
	if g, err := user.LookupGroupId(group); err == nil {
		group = g.Name
	}
	if st.Gid == 0 || st.Mode&groupRW != groupRW {
		return fmt.Sprintf("its mode is %#o, group %s, which lets no ordinary user in: the udev rule in docs/rig.md opens it to a group",
			st.Mode&0o777, group)
	}
	return fmt.Sprintf("add yourself to group %s (sudo usermod -aG %s $USER), then log in again", group, group)
}

// busyAdvice names the process that has the line.
func busyAdvice(device string) string {
	pid, program, ok := Holder(device)
	switch {
	case !ok:
		return fmt.Sprintf("a program that this user may not see has it open: sudo fuser -v %s names it", device)
	case program == "ModemManager":
		return fmt.Sprintf("ModemManager (pid %d) has it open and sends AT to it: install the udev rule in docs/rig.md, then sudo systemctl restart ModemManager", pid)
	}
	return fmt.Sprintf("%s (pid %d) has it open: end that program first", program, pid)
}

// missingAdvice names the ports that are there.
func missingAdvice() string {
	infos, err := List()
	if err != nil || len(infos) == 0 {
		return "this machine shows no serial port: is the adapter plugged in?"
	}
	var names []string
	for _, i := range infos {
		names = append(names, i.Device)
	}
	return "serial ports here: " + strings.Join(names, ", ")
}
