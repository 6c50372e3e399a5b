package ble

import "st67bench/transport/emulator/core"

// Commands implements core.Family: the manual's chapter 6 in its order.
func (f *Family) Commands() []core.Command {
	all := []core.Command{
		{Name: "+BLEINIT", Query: f.do(f.queryInit), Set: f.do(f.setInit), Min: 1, Max: 1},
		{Name: "+BLEADDR", Query: f.in(f.queryAddress, client, server), Set: f.in(f.setAddress, client, server), Min: 1, Max: 1},
		{Name: "+BLENAME", Query: f.do(f.queryName), Set: f.in(f.setName, client, server), Min: 1, Max: 1},
		{Name: "+BLESCANPARAM", Query: f.in(f.queryScan, client), Set: f.in(f.setScan, client), Min: 5, Max: 5},
		{Name: "+BLESCAN", Set: f.in(f.startScan, client), Min: 1, Max: 1},
		{Name: "+BLESCANRSPDATA", Set: f.in(f.setResponse, server), Min: 1, Max: 1},
		{Name: "+BLEADVPARAM", Query: f.in(f.queryAdv, server), Set: f.in(f.setAdv, server), Min: 4, Max: 4},
		{Name: "+BLEADVDATA", Set: f.in(f.setAdvData, server), Min: 1, Max: 1},
		{Name: "+BLEADVSTART", Execute: f.in(f.startAdv, server)},
		{Name: "+BLEADVSTOP", Execute: f.in(f.stopAdv, server)},
		{Name: "+BLECONN", Query: f.do(f.queryLinks), Set: f.connect, Min: 2, Max: 4},
		{Name: "+BLECONNPARAM", Query: f.in(f.queryParameters, client, server), Set: f.in(f.setParameters, client, server), Min: 5, Max: 5},
		{Name: "+BLEDISCONN", Set: f.in(f.disconnect, client, server), Min: 1, Max: 1},
		{Name: "+BLEDATALEN", Set: f.in(f.setDataLength, client, server), Min: 3, Max: 3},
		{Name: "+BLEEXCHANGEMTU", Set: f.in(f.exchangeMTU, client, server), Min: 1, Max: 1},
	}
	all = append(all, f.serverCommands()...)
	all = append(all, f.clientCommands()...)
	all = append(all,
		core.Command{Name: "+BLETXPWR", Query: f.in(f.queryPower, client, server), Set: f.in(f.setPower, client, server), Min: 1, Max: 1})
	all = append(all, f.securityCommands()...)
	return append(all, f.profileCommands()...)
}

func (f *Family) serverCommands() []core.Command {
	return []core.Command{
		{Name: "+BLEGATTSSRV", Query: f.in(f.queryServices, server)},
		{Name: "+BLEGATTSSRVCRE", Set: f.in(f.createService, server), Min: 4, Max: 4},
		{Name: "+BLEGATTSSRVDEL", Set: f.in(f.deleteService, server), Min: 1, Max: 1},
		{Name: "+BLEGATTSREGISTER", Set: f.in(f.register, server), Min: 1, Max: 1},
		{Name: "+BLEGATTSCHAR", Query: f.in(f.queryCharacteristics, server)},
		{Name: "+BLEGATTSCHARCRE", Set: f.in(f.createCharacteristic, server), Min: 6, Max: 6},
		{Name: "+BLEGATTSNTFY", Set: f.in(f.notify, server), Data: f.sent, Min: 3, Max: 4},
		{Name: "+BLEGATTSIND", Set: f.in(f.indicate, server), Data: f.sent, Min: 3, Max: 4},
		{Name: "+BLEGATTSRD", Set: f.in(f.setRead, server), Data: f.sent, Min: 3, Max: 3},
	}
}

func (f *Family) clientCommands() []core.Command {
	return []core.Command{
		{Name: "+BLEGATTCSRVDIS", Set: f.discoverServices, Min: 1, Max: 1},
		{Name: "+BLEGATTCCHARDIS", Set: f.discoverCharacteristics, Min: 2, Max: 2},
		{Name: "+BLEGATTCWR", Set: f.in(f.write, client), Data: f.sent, Min: 4, Max: 4},
		{Name: "+BLEGATTCRD", Set: f.read, Min: 3, Max: 3},
		{Name: "+BLEGATTCSUBSCRIBE", Set: f.in(f.subscribe, client), Min: 4, Max: 4},
		{Name: "+BLEGATTCUNSUBSCRIBE", Set: f.in(f.unsubscribe, client), Min: 2, Max: 2},
	}
}

func (f *Family) securityCommands() []core.Command {
	return []core.Command{
		{Name: "+BLESECPARAM", Query: f.in(f.querySecurity, client, server), Set: f.in(f.setSecurity, client, server), Min: 1, Max: 2},
		{Name: "+BLESECCANNEL", Set: f.in(f.cancelPairing, client, server), Min: 1, Max: 1},
		{Name: "+BLESECPASSKEYCONFIRM", Set: f.in(f.confirmPasskey, client, server), Min: 1, Max: 1},
		{Name: "+BLESECPAIRINGCONFIRM", Set: f.in(f.confirmPairing, client, server), Min: 1, Max: 1},
		{Name: "+BLESECPASSKEY", Set: f.in(f.enterPasskey, client, server), Min: 2, Max: 2},
		{Name: "+BLESECGETLTKLIST", Query: f.in(f.queryBonds, client, server)},
		{Name: "+BLESECUNPAIR", Set: f.in(f.unpair, client, server), Min: 2, Max: 2},
		{Name: "+BLESECSTART", Set: f.in(f.startSecurity, client, server), Min: 2, Max: 2},
	}
}

func (f *Family) profileCommands() []core.Command {
	return []core.Command{
		{Name: "+BLEBASINIT", Execute: f.in(f.startBattery, server)},
		{Name: "+BLEBASDEINIT", Execute: f.in(f.stopBattery, server)},
		{Name: "+BLEBASLVLGET", Query: f.in(f.queryBattery, server)},
		{Name: "+BLEBASLVLSET", Set: f.in(f.setBattery, server), Min: 2, Max: 2},
		{Name: "+BLEIASINIT", Execute: f.in(f.startAlert, server)},
		{Name: "+BLEIASDEINIT", Execute: f.in(f.stopAlert, server)},
		{Name: "+BLEDISINIT", Set: f.in(f.startInformation, server), Min: 4, Max: 4},
		{Name: "+BLEDISDEINIT", Execute: f.in(f.stopInformation, server)},
		{Name: "+BLEDISSET", Set: f.in(f.setInformation, server), Min: 3, Max: 3},
	}
}
