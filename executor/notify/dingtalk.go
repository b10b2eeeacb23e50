package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// dingtalkScheme is that of addresses dingtalk://TOKEN?secret=SECRET, of a robot in a
// group of DingTalk: the library for messages knows none.
const dingtalkScheme = "dingtalk"

// dingtalkURL is where robots are reached.
const dingtalkURL = "https://oapi.dingtalk.com/robot/send"

// dingtalkAnswer is what a robot answers, with status 200 whatever it thinks of it.
type dingtalkAnswer struct {
	Code *int `json:"errcode"`
}

// sendDingtalk sends a message to a robot of DingTalk.
func (t *Target) sendDingtalk(ctx context.Context, title, text string) error {
	u, err := t.parsed()
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"msgtype": "text", "text": map[string]string{"content": title + "\n\n" + text}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, dingtalkURL+"?"+dingtalkQuery(u, t.clock.Now()).Encode(), bytes.NewReader(body))
	if err != nil {
		return whyOf(err, sendTimeout)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return whyOf(err, sendTimeout)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	return dingtalkVerdict(response.StatusCode, data, err)
}

// dingtalkQuery is what a request to a robot carries: its token, and the signature of
// robots that check one (HMAC-SHA256 of the time and the secret, by the secret).
func dingtalkQuery(u *url.URL, now time.Time) url.Values {
	q := url.Values{"access_token": {u.Host}}
	if secret := u.Query().Get("secret"); secret != "" {
		at := strconv.FormatInt(now.UnixMilli(), 10)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(at + "\n" + secret))
		q.Set("timestamp", at)
		q.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return q
}

// dingtalkVerdict says whether a robot has taken a message.
func dingtalkVerdict(status int, body []byte, err error) error {
	var a dingtalkAnswer
	switch {
	case err != nil:
		return whyOf(err, sendTimeout)
	case status/100 != 2:
		return fmt.Errorf("the answer has status %d", status)
	case json.Unmarshal(body, &a) != nil || a.Code == nil:
		return fmt.Errorf("the answer was not understood")
	case *a.Code != 0:
		return fmt.Errorf("the robot refuses it with code %d", *a.Code)
	}
	return nil
}
