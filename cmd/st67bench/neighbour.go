package main

import (
	"context"
	"errors"

	"st67bench/bench/st67"
	"st67bench/transport/at"
	"st67bench/transport/emulator"
)

// neighbour opens the rig's second module: that of the rig file, or beside an emulated module another one on the same air.
func (s *session) neighbour(ctx context.Context) (*st67.Module, func() error, error) {
	link, err := s.openNeighbour(ctx)
	if err != nil {
		return nil, nil, err
	}
	dialog := at.New(link.conn, st67.Grammar())
	module, err := st67.Open(ctx, dialog, st67.Options{Log: s.logger})
	if err != nil {
		return nil, nil, errors.Join(err, dialog.Close(), link.Close())
	}
	return module, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), restoreTime)
		defer cancel()
		return errors.Join(module.Restore(ctx), dialog.Close(), link.Close())
	}, nil
}

func (s *session) openNeighbour(ctx context.Context) (*opened, error) {
	if url := s.rig.Neighbour; url != nil {
		return openLink(ctx, *url)
	}
	cfg := s.config // as the module, in the same air; but its faults are the module's alone
	cfg.Link, cfg.Unit, cfg.Faults, cfg.Log = emulator.LinkMemory, cfg.Unit%254+1, nil, nil
	if cfg.Unit < 2 {
		cfg.Unit = 2 // 0 is the default, 1
	}
	m, err := emulator.New(cfg)
	if err != nil {
		return nil, err
	}
	conn, err := m.Open()
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return &opened{conn: conn, link: conn, emulator: m}, nil
}
