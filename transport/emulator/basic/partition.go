package basic

import "st67bench/transport/emulator/core"

// partition is an entry of the partition table. One with two places is updated
// in the place that is not active.
type partition struct {
	Name    string
	Active  int // 0 or 1
	Age     int // number of updates
	Address [2]uint32
	Size    [2]uint32
}

const (
	tableKey = "unit/partitions"
	firmware = 1 // index of FW in the table
)

// table is the partition table; a new unit's is the manual's example (2.2.22.2).
func (f *Family) table() []partition {
	var t []partition
	if f.m.Flash.Recall(tableKey, &t) {
		return t
	}
	return []partition{
		{Name: "Boot2", Size: [2]uint32{57344, 0}},
		{Name: "FW", Address: [2]uint32{0x10000, 0x210000}, Size: [2]uint32{2097152, 1474560}},
		{Name: "mfg", Address: [2]uint32{0x210000, 0}, Size: [2]uint32{1474560, 0}},
		{Name: "media", Address: [2]uint32{0x378000, 0}, Size: [2]uint32{462848, 0}},
		{Name: "PSM", Address: [2]uint32{0x3e9000, 0}, Size: [2]uint32{32768, 0}},
	}
}

// partitions is AT+PART?.
func (f *Family) partitions(c *core.Call) error {
	for _, p := range f.table() {
		c.Line(`+PART=%d,%d,"%8s",0x%08x,0x%08x,%d,%d`, p.Active, p.Age, p.Name, p.Address[0], p.Address[1], p.Size[0], p.Size[1])
	}
	return nil
}
