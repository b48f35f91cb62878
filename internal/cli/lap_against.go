package cli

import (
	"context"
	"errors"

	"pitwall/drive/lap"
	"pitwall/store"
)

func (a *App) lapAgainst(ctx context.Context, f *lapFlags, o lap.Options, st *store.Store) error {
	return errors.New("unfinished")
}
