// Package wifi is the emulated module's Wi-Fi commands (manual chapter 3), with
// AT+CIFSR and AT+CWEVT of chapter 4, and the air that they work in.
//
// # Concepts
//
// An [Air] describes what there is to hear: access points, stations that come to
// the module's own SoftAP, and names that are resolved without asking anybody.
// [ParseAir] reads it from a file. A [Live] air is one that can change while the
// module runs: an access point goes away, the signal fades. It outlives the
// module's switching off; the [Family] that was made last listens to it.
//
// Joining runs beside the AT task, as in the firmware: AT+CWJAP answers
// +CW:CONNECTING and OK at once, +CW:CONNECTED and +CW:GOTIP (or
// +CW:ERROR,<reason>) come later. An attempt belongs to one session; each
// disconnection, new attempt and reset ends the session and with it all that it
// had still to do. Losing the association closes every connection of the network
// family first, then says +CW:DISCONNECTED and +CW:ERROR,<reason>.
//
// What a command sets is in one struct, [settings]; each part has its key in
// flash and is stored there as AT+SYSSTORE says. AT+CWAUTOCONN and
// AT+CWANTENABLE are stored always, the host name and the country never. The
// network of AT+CWJAP is stored when it was joined, as in the firmware.
//
// # What is a model
//
// Times: a join takes 200 ms and DHCP 100 ms unless the air says otherwise, an
// access point is missed after 20 beacons, a WPS exchange takes one second. The
// frames of AT+CWMONITOR are the beacons of the access points alone. A SoftAP's
// stations have no traffic.
package wifi
