# 日本語。言語ごとに一つのファイル。文は測定された記録だけから作られる。

## 書き方

babel = ja_JP
quote-open = 「
quote-close = 」
inner-open = 『
inner-close = 』
spaced = no
# 文と文のあいだ。
between = {""}

## 一つの理由：名前、回数、日付

once = { $name }
once-on = { $name }（{ $date }）
often = { $name }（{ $number }回）
# 評価はその値も書く。
valued = { $name }［{ $value }点］
often-on = { $name }（{ $number }回、最後は{ $date }）

## したこと

did-purchase = { $things }を購入
did-cart = { $things }をカートに追加
did-favourite = { $things }をお気に入りに登録
did-like = { $things }にいいね
did-share = { $things }を共有
did-bookmark = { $things }をブックマーク
did-comment = { $things }にコメント
did-follow = { $things }をフォロー
did-rating = { $things }を評価
did-view = { $things }を閲覧
did-click = { $things }をクリック
did-search = { $things }を検索
did-dwell = { $things }をじっくり閲覧
did-dislike = { $things }を低く評価
did-read = { $things }を通読
did-watch = { $things }を視聴
did-context = いま{ $things }を表示
did-days = { $first }から{ $last }に訪問（{ $number }回）
did-early = 以前に訪問（{ $number }回）

clauses-next = { $clauses }、{ $clause }
clauses-last = { $clauses }、また{ $clause }
with-others = ほかの{ $number }件の行動に加えて{ $clauses }

## 文

because = { $clauses }したためです。
mostly-popular = 主な理由はいま人気があることです（{ $percent }）。{ $clauses }したためでもあります。
only-popular = いま人気があるためです。
none = あなたの行動で得点が上がったものはありません。

checked = 確認済み：{ $things }がなければ{ $rank }位になります。
without = { $name }
without-part = { $name }（{ $of }回のうち{ $count }回）
without-search = { $name }の検索
without-search-part = { $name }の検索（{ $of }回のうち{ $count }回）
without-others = ほか{ $number }件
rank = { $rank }
enough = 確認済み：{ $things }だけでもリストに残り、{ $rank }位になります。
covered = ここに挙げた理由は得点の{ $percent }です。
covered-popular = ここに挙げた理由は得点の{ $percent }、人気は{ $popular }です。

## 得点の内訳

parts = 得点の内訳は、{ $parts }です。
share = { $part }が{ $percent }
part-events = あなたの行動
part-order = 閲覧の順序
part-together = 選んだものと一緒によく選ばれること
part-taste = 全体的な好み
part-same = 以前に選んだこと
part-alike = 選んだものと似ていること
part-popular = 人気
part-recent = 最近の注目度
part-fresh = 新しさ
part-context = 訪問時の状況
part-search = 検索したこと

## まとまった行動

together = { $group }は、合わせて得点の{ $percent }です。
together-raise = { $group }は、合わせて得点を上げています。
events = { $number }件の行動
group-value = { $attribute }が{ $name }の{ $events }
group-value-own = { $attribute }が同じ{ $name }の{ $events }
group-price = 価格が{ $low }から{ $high }の{ $events }
group-price-own = 価格が同じく{ $low }から{ $high }の{ $events }
group-days = { $first }から{ $last }の{ $events }
count-purchase = { $number }件の購入
count-cart = { $number }件のカートへの追加
count-favourite = { $number }件のお気に入り登録
count-like = { $number }件のいいね
count-share = { $number }件の共有
count-bookmark = { $number }件のブックマーク
count-comment = { $number }件のコメント
count-follow = { $number }件のフォロー
count-rating = { $number }件の評価
count-view = { $number }件の閲覧
count-click = { $number }件のクリック
count-search = { $number }件の検索
count-dwell = { $number }件のじっくりした閲覧
count-dislike = { $number }件の低い評価

## 商品のどこに合うか

alike = あなたの行動は、{ $things }に合っています。
alike-value = { $attribute }の{ $name }（{ $percent }、主に{ $most }による）
alike-word = 題名の{ $name }（{ $percent }、主に{ $most }による）
attribute-brand = ブランド
attribute-category = カテゴリー
attribute-department = 売り場
attribute-genre = ジャンル
attribute-author = 著者
attribute-colour = 色
attribute-topic = テーマ
attribute-platform = プラットフォーム
attribute-modality = 媒体
modality-article = 記事
modality-video = 動画

## リストの一行

line-because = { $clauses }したため
line-popular = いま人気
line-none = 測定された理由なし

## 店のウィジェット：商品ごとのパネル。波括弧の中はブラウザが入れる

panel-did = { $clauses }
panel-why = なぜ？
panel-question-mark = なぜ「{"{item}"}」？
panel-made-of = このおすすめの内訳
panel-actions = 影響したあなたの行動
panel-raises = 上げる
panel-lowers = 下げる
panel-no-effect = ほぼ影響なし
panel-today = 今日
panel-not-this = この理由を外す
panel-like = 好き
panel-dislike = 好みでない
panel-hide = 表示しない
panel-close = 閉じる
panel-on = パーソナライズはオンです。
panel-on-text = オフにすると、あなたの行動は一切使われません。
panel-off = パーソナライズはオフです。
panel-off-text = リストは全員に同じです。
panel-algorithm = この順番はアルゴリズムが決めました
panel-parameters = 主な要素
panel-personal = パーソナライズ
panel-moved = リストを更新しました：{ $number } 点が動きました。
panel-updated = リストを更新しました。
panel-unmoved = リストを更新しました：動いたものはありません。
panel-undo = 元に戻す
panel-reasons = 理由
panel-table = 表で見る
panel-empty = おすすめできるものはまだありません。
panel-failed = うまくいきませんでした。何も変わっていません。もう一度お試しください。
panel-picture = 商品の画像
panel-removed = ご希望により除外
panel-new = 新着
panel-when = 日時
panel-effect = 影響
front-search = 商品を探す
front-simulated = 模擬店：商品・お客さま・数字はすべて作りものです。
front-made-up = 公開された記録を使ったデモ店です。購入はできません。
front-who = お客さま
front-nobody = 初めての方
front-cart = カートに入れる
front-buy = 購入する
front-chosen = ご覧の商品
front-first = 商品を選ぶと、それに合うものが出ます。
front-done = 記録しました。下のリストに反映されます。
tab-personal = おすすめ
tab-personal-text = 次に欲しくなりそうなもの。
tab-new = 新着
tab-new-text = まだほとんど誰も持っていないもの。
tab-related = 一緒に
tab-related-text = 上の商品に合うもの、代わりになるもの。
tab-content = 記事と動画
tab-content-text = 読んだものと買ったものから。
tab-cross-platform = ほかの場所
tab-cross-platform-text = ほかの場所での行動は、許可した場合だけここで使います。
tab-multilingual = ほかの言語
tab-multilingual-text = 名前と理由をあなたの言語で。
front-sharing = ほかのアカウントでの行動をここで使うことを許可します。オフにするとすぐに止まります。
relation-complement = 合うもの
relation-substitute = 代わりのもの
relation-together = 一緒に買うもの
relation-next = 次のもの

## 全員を合わせると何が得点を動かすか：公開ページ

public-title = 商品の並べ方
public-lead = ここの並び順はアルゴリズムが決めています。下の割合は使用中のモデルで測定したもので、人が書き込んだものではありません。
public-snapshot = スナップショット { $id }
public-updated = { $date }更新
public-sample = { $number }人の標本
public-parts = 何がいちばん効きますか？
public-parts-read = リストの一つの位置に対する平均の影響が、全体に占める割合。
public-kinds = どの行動がいちばん効きますか？
public-kinds-read = あなたの行動を、したことで分けたもの。
public-never = 使わないもの
public-never-proof = 標本のすべてのリクエストでこれらを変えましたが、どの商品の得点も変わりませんでした。
public-never-none = 使わないと示せたものはありません。
public-off = パーソナライズは切ることができます
public-off-text = すぐに効きます。リストはあなたの行動を一切使わず、全員に同じになります。
public-off-how = ショップの方へ：リクエストに { $flag } を付けてください。
public-steps = 四つの段階
public-none = まだ測定されていません。行動のある顧客がいません。
main-events = あなたの行動
main-events-text = 選んだものに合う商品が上がります。
main-order = 閲覧の順序
main-order-text = 最近の行動のあとによく来る商品が上がります。
main-together = 一緒に選ばれるもの
main-together-text = 選んだものと一緒によく選ばれる商品が上がります。
main-taste = 全体的な好み
main-taste-text = 選んだものすべてをまとめ、それに近い商品が上がります。
main-same = 以前に選んだもの
main-same-text = すでに選んだ商品が上がったり下がったりします。
main-alike = 商品どうしの似かた
main-alike-text = ブランドや言葉などが、選んだものに近いこと。
main-popular = 人気
main-popular-text = 全員に同じで、あなたとは関係ありません。
main-recent = 最近の注目
main-recent-text = ここ数日に多くの人が選んだ商品が上がります。全員に同じで、あなたとは関係ありません。
main-fresh = 新しさ
main-fresh-text = 最近公開されたものが上がります。全員に同じで、あなたとは関係ありません。
main-context = 訪問時の状況
main-context-text = この時間、プラットフォーム、言語でよく選ばれる商品が上がります。
main-search = 検索したこと
main-search-text = 検索した言葉を含む商品や、そのあとに選ばれた商品が上がります。
main-other-text = モデルの一部です。
age-halves = { $number }日以上前の行動は、直近{ $fresh }日の行動の半分も得点を動かしません。
act-purchase = 購入したもの
act-cart = カートに入れたもの
act-favourite = お気に入りに入れたもの
act-like = いいねしたもの
act-share = 共有したもの
act-bookmark = ブックマークしたもの
act-comment = コメントしたもの
act-follow = フォローしたもの
act-rating = 評価したもの
act-view = 閲覧したもの
act-click = クリックしたもの
act-search = 検索したこと
act-dwell = じっくり見たもの
act-dislike = 低く評価したもの
act-context = ページの商品
never-shopper = あなたが誰か：顧客番号
never-profile = ショップが記録しているあなたの内容（{ $things }）
never-platform = どのプラットフォームから来たか
never-language = あなたの言語
never-hour = 見ている時刻
step-find = 探す
step-find-text = モデルが知っている{ $number }件の商品すべてが対象です。
step-score = 採点
step-score-exact = 商品の得点は、上の各部分のちょうど合計です。
step-score-measured = モデルが各商品を採点します。上の各部分は、行動を一つずつ取り除いて測定しました。
step-rules = ルール
step-rules-hide = 販売していないもの、非表示にしたもの、すでに選んだものは外れます。
step-rules-keep = 販売していないものと非表示にしたものは外れます。すでに選んだものはまた出ることがあります。
step-explain = 説明
step-explain-text = 理由は、測定された数値があるときだけ表示されます。

## 場面の事実：一文、または一覧で理由の後ろに添える言葉

line-facts = { $line }（{ $facts }）
short-between = ；
same-value = { $attribute }が同じ{ $value }
same-words = 題名の{ $number }語が同じ
fact-new-none = 新着：まだ誰も選んでいません。
short-new-none = 新着
fact-new = 新着：これまでに{ $number }回選ばれました。
short-new = 新着、{ $number }回選ばれた
fact-shared = { $name }に似ています：{ $things }。
short-shared = { $things }
fact-fresh = { $days ->
    [0] 今日公開されました。
   *[other] { $number }日前に公開されました。
}
short-fresh = { $days ->
    [0] 今日公開
   *[other] { $number }日前に公開
}
fact-together-baskets = { $name }と同じかごに{ $number }回、偶然の{ $lift }倍。
short-together-baskets = 同じかごに{ $number }回、偶然の{ $lift }倍
fact-together-people = { $number }人がこれと{ $name }を選び、偶然の{ $lift }倍。
short-together-people = { $number }人が両方を選び、偶然の{ $lift }倍
fact-together-after = { $name }のすぐ後に{ $number }回選ばれ、偶然の{ $lift }倍。
short-together-after = すぐ後に{ $number }回選ばれ、偶然の{ $lift }倍
fact-elsewhere = { $name }は{ $platform }でのことです。
short-elsewhere = { $platform }で
fact-circumstance-locale = あなたの言語では、ほかの{ $lift }倍選ばれています。
short-circumstance-locale = あなたの言語ではほかの{ $lift }倍
fact-circumstance-platform = { $value }では、ほかの{ $lift }倍選ばれています。
short-circumstance-platform = { $value }ではほかの{ $lift }倍
fact-circumstance-daypart = { $value ->
     [night] 深夜
     [morning] 午前
     [afternoon] 午後
    *[evening] 夜
    }には、ふだんの{ $lift }倍選ばれています。
short-circumstance-daypart = { $value ->
     [night] 深夜
     [morning] 午前
     [afternoon] 午後
    *[evening] 夜
    }はふだんの{ $lift }倍
fact-circumstance-weekday = { $value ->
     [monday] 月曜日
     [tuesday] 火曜日
     [wednesday] 水曜日
     [thursday] 木曜日
     [friday] 金曜日
     [saturday] 土曜日
    *[sunday] 日曜日
    }には、ふだんの{ $lift }倍選ばれています。
short-circumstance-weekday = { $value ->
     [monday] 月曜日
     [tuesday] 火曜日
     [wednesday] 水曜日
     [thursday] 木曜日
     [friday] 金曜日
     [saturday] 土曜日
    *[sunday] 日曜日
    }はふだんの{ $lift }倍

## ショップのルールが商品に何をしたか、絞り込みで何が除かれたか

moved-rules = ショップのルール{ $names }により、{ $before }位から{ $after }位に移りました。
moved-new = 新着優先
moved-variety = リストに変化をつけるため、{ $before }位から{ $after }位に移りました。
moved-explore = ここではお試しで表示しています。この位置は偶然に選ばれました。
moved-pin = この位置はショップが指定しました。
moved-pin-named = この位置はショップが指定しました：{ $name }。
moved-sponsored = スポンサー枠です。
moved-sponsored-named = スポンサー枠です：{ $name }。
line-pinned = ショップ指定
line-explore = お試しで表示しています
line-sponsored = スポンサー
line-sponsored-named = スポンサー：{ $name }
taken-none = おすすめできる商品がありません。
taken-all = { $number }件の商品がすべて除かれました：{ $parts }。
taken-part = { $filter }（{ $number }）
taken-not-in-the-catalogue = カタログにない
taken-off-the-shelf = 販売停止
taken-out-of-stock = 在庫切れ
taken-of-another-kind = 種類が違う
taken-on-the-page = 表示中のページにある
taken-excluded = 除外指定
taken-hidden = 非表示
taken-seen = 以前に選んだ
taken-not-new = 新着ではない
taken-sold-elsewhere = 別の地域で販売
taken-unknown-to-the-snapshot = スナップショットより新しい
